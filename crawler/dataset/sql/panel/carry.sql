-- 上年结转 of a year is 结转下年度 of the year before (form of 2019 and after; the annex of 2014 has neither).
-- Only totals: applicants are sorted into other columns from year to year. A warning where all four figures of both
-- columns are printed and add up, so that each report vouches for its own; else a notice. No finding where
-- another copy of last year's report prints the figure.
WITH totals AS (
    SELECT
        report_id,
        max("value") FILTER ("key" = 'requests.new.total') AS new,
        max("value") FILTER ("key" = 'requests.carried_in.total') AS carried_in,
        max("value") FILTER ("key" = 'requests.total.total') AS total,
        max("value") FILTER ("key" = 'requests.carried_out.total') AS carried_out
    FROM figures
    GROUP BY report_id
)
SELECT
    pairs.report_id,
    CASE
        WHEN this.new + this.carried_in = this.total + this.carried_out
            AND last.new + last.carried_in = last.total + last.carried_out
        THEN 'warning' ELSE 'notice'
    END AS "level",
    ['requests.carried_in.total', 'requests.carried_out.total'] AS "keys",
    format(
        '上年结转 is printed as {}, but the report on {} carried {} over (结转下年度)',
        plain(this.carried_in), pairs.year - 1, plain(last.carried_out)
    ) AS message,
    last.carried_out AS expected,
    this.carried_in AS found,
    pairs.last_id AS other_report_id
FROM pairs
JOIN totals AS this ON this.report_id = pairs.report_id
JOIN totals AS last ON last.report_id = pairs.last_id
WHERE this.carried_in <> last.carried_out AND NOT EXISTS (
    FROM reports AS other
    JOIN figures ON figures.report_id = other.report_id
    WHERE other.organ_key = pairs.organ_key AND other.year = pairs.year - 1
        AND figures."key" = 'requests.carried_out.total' AND figures."value" = this.carried_in
)
ORDER BY pairs.line
