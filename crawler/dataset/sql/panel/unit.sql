-- Amounts in 元 where the form asks for 万元: ten thousand times what the organ printed in other years (two at least,
-- alike among themselves), within a factor of four. Not the other way: a small amount among large ones is a small amount.
WITH amounts AS (
    SELECT firm.report_id, firm.line, firm.organ_key, firm.scope, firm.year, figures.seq, figures."key", figures."value", figures.unit
    FROM firm JOIN figures USING (report_id)
    WHERE figures."value" > 0
        AND figures."key" IN ('disclosure.fees.amount', 'disclosure.procurement.amount', 'annex.g', 'annex.h4')
),
others AS (
    SELECT this.report_id, this."key", median(other."value") AS middle
    FROM amounts AS this
    JOIN amounts AS other
        ON other.organ_key = this.organ_key AND other.scope = this.scope AND other."key" = this."key"
        AND other.year <> this.year AND other.unit IS NOT DISTINCT FROM this.unit
    GROUP BY this.report_id, this."key"
    HAVING count(*) >= 2 AND max(other."value") <= 5 * min(other."value")
)
SELECT
    report_id, 'notice' AS "level", ["key"] AS "keys",
    format('{} is printed as {}{}, while other years of this organ stand around {}: it may be in 元, not 万元',
        "key", plain("value"), coalesce(' ' || unit, ''), plain(round(middle, 4))) AS message,
    middle AS expected, "value" AS found, NULL AS other_report_id
FROM amounts JOIN others USING (report_id, "key")
WHERE "value" / middle BETWEEN 2500 AND 40000
ORDER BY line, seq
