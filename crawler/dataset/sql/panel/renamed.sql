-- Organs that were renamed, merged or upgraded: linked, never joined. A link is offered where the reform is known
-- (successors.toml: 卫生和计划生育 → 卫生健康), both organs are in the same place, the old name reports no more when the new
-- one begins, and the new one did not report before.
WITH spans AS (
    SELECT organ_key, any_value(place) AS place, any_value(organ) AS organ,
        regexp_replace(substr(organ_key, strpos(organ_key, ' ') + 1), '(委员会|办公室|局|委|厅|部)$', '') AS stem,
        min(year) AS first_year, max(year) AS last_year
    FROM firm
    GROUP BY organ_key
)
SELECT
    firm.report_id, 'notice' AS "level", []::VARCHAR[] AS "keys",
    format('the first report of this name; {} reported until {} and may be what came before (reform of {}); the two are not joined',
        old.organ, old.last_year, known.since) AS message,
    old.organ AS expected, new.organ AS found, last.report_id AS other_report_id
FROM successors AS known
JOIN spans AS new ON new.stem LIKE '%' || known.new AND new.first_year BETWEEN known.since - 1 AND known.since + 1
JOIN spans AS old ON old.place = new.place AND old.organ_key <> new.organ_key
    AND old.stem = left(new.stem, length(new.stem) - length(known.new)) || known.old
    AND old.last_year < new.first_year AND new.first_year - old.last_year <= 2
JOIN firm ON firm.organ_key = new.organ_key AND firm.year = new.first_year
JOIN firm AS last ON last.organ_key = old.organ_key AND last.year = old.last_year
ORDER BY firm.line, old.organ
