-- What each report shares word for word, in characters: with that of the year before, and with the one neighbour (same
-- area, same year, another organ) with which it shares most.
CREATE OR REPLACE TABLE candidates AS
SELECT pairs.line, pairs.last_line AS other_line, 'last year' AS kind, sum(this.length) AS length
FROM pairs
JOIN shared AS this USING (line)
WHERE EXISTS (FROM shared AS other WHERE other.line = pairs.last_line AND other.digest = this.digest)
GROUP BY pairs.line, pairs.last_line
UNION ALL
SELECT line, other_line, 'neighbour', sum(length)
FROM (
    SELECT DISTINCT this.line, other.line AS other_line, this.section_seq, this.position, this.length
    FROM (SELECT shared.*, "year" FROM shared JOIN firm USING (line)) AS this
    JOIN (SELECT shared.*, "year" FROM shared JOIN firm USING (line)) AS other
        ON other.digest = this.digest AND other.area = this.area AND other."year" = this."year" AND other.organ <> this.organ
)
GROUP BY line, other_line
QUALIFY row_number() OVER (PARTITION BY line ORDER BY sum(length) DESC, other_line) = 1;

-- As a share of what it says of its own. Nothing shared is nought where there is somebody to share with, and else unknown.
DELETE FROM likeness;
INSERT INTO likeness
WITH texts AS (
    SELECT lengths.line, lengths.length, firm."year", areas.area
    FROM lengths JOIN firm USING (line) JOIN areas USING (line)
),
neighbours AS (
    SELECT area, "year", count(DISTINCT firm.organ_key) AS organs
    FROM texts JOIN firm USING (line, "year")
    GROUP BY area, "year"
),
most AS (
    SELECT line, max(length) FILTER (kind = 'last year') AS last_year, max(length) FILTER (kind = 'neighbour') AS neighbour
    FROM candidates GROUP BY line
)
SELECT texts.line,
    CASE WHEN last.line IS NOT NULL THEN round(coalesce(most.last_year, 0) / texts.length, 4) END,
    CASE WHEN organs > 1 THEN round(coalesce(most.neighbour, 0) / texts.length, 4) END
FROM texts
JOIN neighbours USING (area, "year")
LEFT JOIN pairs ON pairs.line = texts.line
LEFT JOIN lengths AS last ON last.line = pairs.last_line
LEFT JOIN most ON most.line = texts.line
WHERE texts.length >= 200;
DROP TABLE areas;
