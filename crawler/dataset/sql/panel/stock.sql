-- 现行有效 = 现行有效 of the year before + 制发 − 废止 (form of 2021). A notice at most: revisions are counted as
-- issued, documents expire, organs hand theirs over. None where a cell itself explains (22（其中修订16件）).
WITH stock AS (
    SELECT
        report_id,
        split_part("key", '.', 2) AS row_key,
        max("value") FILTER ("key" LIKE '%.issued') AS issued,
        max("value") FILTER ("key" LIKE '%.repealed') AS repealed,
        max("value") FILTER ("key" LIKE '%.in_force') AS in_force,
        count(note) AS notes
    FROM figures
    WHERE "key" SIMILAR TO 'disclosure\.(normative_documents|regulations)\.(issued|repealed|in_force)'
    GROUP BY report_id, row_key
),
-- First by report: left to itself, the planner joins the years by the two row keys, which is every report with every other.
this AS MATERIALIZED (
    SELECT pairs.last_id, pairs.line, stock.* FROM pairs JOIN stock USING (report_id)
)
SELECT
    this.report_id,
    'notice' AS "level",
    list_transform(['in_force', 'issued', 'repealed'], lambda col: 'disclosure.' || this.row_key || '.' || col) AS "keys",
    format(
        '{}: 现行有效 is printed as {}; {} in force the year before, {} issued and {} repealed would leave {}',
        CASE this.row_key WHEN 'regulations' THEN '规章' ELSE '行政规范性文件' END,
        plain(this.in_force), plain(last.in_force), plain(this.issued), plain(this.repealed),
        plain(last.in_force + this.issued - this.repealed)
    ) AS message,
    last.in_force + this.issued - this.repealed AS expected,
    this.in_force AS found,
    this.last_id AS other_report_id
FROM this
JOIN stock AS last ON last.report_id = this.last_id AND last.row_key = this.row_key
WHERE this.in_force <> last.in_force + this.issued - this.repealed AND this.notes = 0 AND last.notes = 0
ORDER BY this.line, this.row_key
