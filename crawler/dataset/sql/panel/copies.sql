-- Pairs of reports that may share their text. Sharing was counted word for word (likeness.sql); sentences with a word or two
-- changed are compared afterwards.
SELECT firm.report_id, them.report_id AS other_id, line, other_line, candidates.kind, lengths.length, them.organ, them."year"
FROM candidates
JOIN lengths USING (line)
JOIN firm USING (line)
JOIN firm AS them ON them.line = other_line
WHERE lengths.length >= 200 AND candidates.length >= 0.5 * lengths.length
ORDER BY line, candidates.kind
