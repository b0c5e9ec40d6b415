-- Organs that were renamed, merged or upgraded: linked, never joined. A link is offered where the reform is known
-- (successors.toml: 卫生和计划生育 → 卫生健康), both organs are in the same place, the old name reports no more when the new
-- one begins, and the new one did not report before. What stands before must be the same, but for the places before the
-- last: 武侯区环境保护局 became 成都市武侯生态环境局, and elsewhere 成都市生态环境局武侯分局.
WITH spans AS (
    SELECT organ_key, any_value(place) AS place, any_value(organ) AS organ,
        regexp_replace(
            regexp_replace(substr(organ_key, strpos(organ_key, ' ') + 1), '^.*(生态环境|自然资源和规划|自然资源)局(.+)分局$', '\2\1局'),
            '(委员会|办公室|局|委|厅|部)$', ''
        ) AS stem,
        min(year) AS first_year, max(year) AS last_year
    FROM firm
    GROUP BY organ_key
),
new AS (
    SELECT DISTINCT known.new, known.since, spans.*, regexp_replace(left(stem, length(stem) - length(known.new)), '[县区市旗]$', '') AS before
    FROM (SELECT DISTINCT new, since FROM successors) AS known
    JOIN spans ON suffix(stem, known.new) AND first_year BETWEEN since - 1 AND since + 1
),
old AS (
    SELECT DISTINCT known.old, spans.*, regexp_replace(left(stem, length(stem) - length(known.old)), '[县区市旗]$', '') AS before
    FROM (SELECT DISTINCT old FROM successors) AS known
    JOIN spans ON suffix(stem, known.old)
),
links AS (
    SELECT DISTINCT new.organ_key AS new_key, new.organ AS new_organ, new.first_year, new.since,
        old.organ_key AS old_key, old.organ AS old_organ, old.last_year
    FROM successors AS known
    JOIN new USING (new, since)
    JOIN old ON old.old = known.old AND old.place = new.place AND old.organ_key <> new.organ_key
        AND old.last_year < new.first_year AND new.first_year - old.last_year <= 2
        AND (old.before = new.before
            OR old.before <> '' AND suffix(new.before, old.before) AND regexp_matches(left(new.before, length(new.before) - length(old.before)), '[省市州盟区]$')
            OR new.before <> '' AND suffix(old.before, new.before) AND regexp_matches(left(old.before, length(old.before) - length(new.before)), '[省市州盟区]$'))
)
SELECT
    firm.report_id, 'notice' AS "level", []::VARCHAR[] AS "keys",
    format('the first report of this name; {} reported until {} and may be what came before (reform of {}); the two are not joined',
        old_organ, last_year, since) AS message,
    old_organ AS expected, new_organ AS found, last.report_id AS other_report_id
FROM links
JOIN firm ON firm.organ_key = new_key AND firm.year = first_year
JOIN firm AS last ON last.organ_key = old_key AND last.year = last_year
ORDER BY firm.line, old_organ
