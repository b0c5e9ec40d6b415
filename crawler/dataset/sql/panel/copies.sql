-- Pairs of reports that may share their text: each with the year before, and each with the one neighbour (same area, same
-- year, another organ) with which it shares most. Sharing is counted here word for word; sentences with a word or two
-- changed are compared afterwards.
WITH candidates AS (
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
    QUALIFY row_number() OVER (PARTITION BY line ORDER BY sum(length) DESC, other_line) = 1
)
SELECT firm.report_id, them.report_id AS other_id, line, other_line, candidates.kind, lengths.length, them.organ, them."year"
FROM candidates
JOIN lengths USING (line)
JOIN firm USING (line)
JOIN firm AS them ON them.line = other_line
WHERE lengths.length >= 200 AND candidates.length >= 0.5 * lengths.length
ORDER BY line, candidates.kind
