-- Several copies of one organ and year: which one stands for it, why, and in which figures they differ.
-- A warning only where two copies that both stand on line print different figures; what an address said earlier,
-- and a mirror's copy, may differ.
WITH copies AS (
    SELECT copy.report_id, copy.line, copy.superseded, copy.official, copy.sha256, copy.chosen_instead AS best_id,
        CASE
            WHEN best.decision = 'chosen' THEN 'a reviewer chose it'
            WHEN copy.sha256 = best.sha256 THEN 'it holds the same bytes'
            WHEN copy.verdict NOT IN ('verified', 'flagged', 'partial') THEN 'this one could not be read'
            WHEN copy.official IS DISTINCT FROM TRUE AND best.official THEN 'it is on the portal itself'
            WHEN copy.superseded AND NOT best.superseded THEN 'it is the later version'
            WHEN copy.verdict <> best.verdict THEN 'it is ' || best.verdict || ', this one ' || copy.verdict
            WHEN copy.published IS DISTINCT FROM best.published THEN 'it was published later'
            WHEN copy.attachment_of IS NOT NULL AND best.attachment_of IS NULL THEN 'it is the page, this one an attachment'
            WHEN copy.fetched IS DISTINCT FROM best.fetched THEN 'it was fetched later'
            ELSE 'nothing else tells them apart'
        END AS why,
        best.url AS best_url, best.official AS best_official
    FROM reports AS copy
    JOIN reports AS best ON best.report_id = copy.chosen_instead AND best.chosen
),
differences AS (
    SELECT
        copies.report_id,
        list(this."key" ORDER BY this.seq) AS "keys",
        any_value(plain(best."value") ORDER BY this.seq) AS expected,
        any_value(plain(this."value") ORDER BY this.seq) AS found
    FROM copies
    JOIN cells AS this ON this.report_id = copies.report_id AND this.kind = 'number'
    JOIN cells AS best ON best.report_id = copies.best_id AND best."key" = this."key" AND best.kind = 'number'
    WHERE this."value" <> best."value"
    GROUP BY copies.report_id
)
SELECT
    copies.report_id,
    CASE WHEN len("keys") > 0 AND NOT superseded AND official AND best_official THEN 'warning' ELSE 'notice' END AS "level",
    coalesce("keys", []) AS "keys",
    format('another copy is taken for this organ and year, since {}: {}', why, coalesce(best_url, best_id))
        || CASE WHEN len("keys") > 0 THEN format('; they print different figures in {} cell(s)', len("keys")) ELSE '' END
        AS message,
    expected, found,
    best_id AS other_report_id
FROM copies LEFT JOIN differences USING (report_id)
ORDER BY line
