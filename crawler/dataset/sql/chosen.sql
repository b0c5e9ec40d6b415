-- One copy stands for each organ and year; the others are kept. The order of the choice:
--   0. a reviewer's choice, if there is one;  1. it was read at all;  2. a portal's own page before a mirror's;  3. what an address says now before what it
--   said earlier;  4. the better verdict;  5. the later date of publication;  6. the page before its attachment;
--   7. the later visit;  8. the id, so that the choice never depends on the order of the file.
-- A government's own figures and those of all its organs together (scope) do not stand for one another.

ALTER TABLE reports ADD COLUMN chosen BOOLEAN;
ALTER TABLE reports ADD COLUMN copies INTEGER;
ALTER TABLE reports ADD COLUMN chosen_instead VARCHAR;
ALTER TABLE reports ADD COLUMN superseded BOOLEAN;

UPDATE reports SET chosen = FALSE, superseded = FALSE;

UPDATE reports SET superseded = TRUE
FROM reports AS later
WHERE later.url = reports.url AND later.year = reports.year AND reports.url <> ''
  AND later.fetched > reports.fetched AND later.verdict IN ('verified', 'flagged', 'partial');

-- The new version may have been seen at another of its addresses first.
UPDATE reports SET superseded = TRUE
FROM reports AS later
WHERE later.replaces = reports.report_id AND later.fetched > reports.fetched;

CREATE TABLE choice AS
SELECT
    report_id,
    count(*) OVER same AS copies,
    first(report_id) OVER (
        same ORDER BY
            decision IS DISTINCT FROM 'chosen',
            verdict NOT IN ('verified', 'flagged', 'partial'),
            official IS DISTINCT FROM TRUE,
            superseded,
            CASE verdict WHEN 'verified' THEN 0 WHEN 'flagged' THEN 1 WHEN 'partial' THEN 2 ELSE 3 END,
            published DESC NULLS LAST,
            attachment_of IS NOT NULL,
            fetched DESC NULLS LAST,
            report_id
    ) AS best
FROM reports
WHERE organ_key IS NOT NULL AND year IS NOT NULL AND verdict <> 'not_a_report'
    AND decision IS DISTINCT FROM 'excluded'
WINDOW same AS (PARTITION BY organ_key, year, coalesce(scope, 'own'));

UPDATE reports SET
    chosen = (choice.best = reports.report_id AND verdict <> 'unreadable'),
    copies = choice.copies,
    chosen_instead = nullif(choice.best, reports.report_id)
FROM choice WHERE choice.report_id = reports.report_id;

DROP TABLE choice;
