-- Figures out of all proportion. Two questions, both robust (medians) and both on purpose deaf to what is merely large:
--   against the organ's other years: at least three others, alike among themselves (largest to smallest at most 10),
--     and this one at least 100 times off, and a large number;
--   against organs of the same level: log figures, median and MAD (modified z over 8), 50 at least, and ten times
--     beyond the 99th percentile.
-- Amounts are asked about their unit in unit.sql and, against organs of their level, here.
WITH series AS (
    SELECT firm.report_id, firm.line, firm.organ_key, firm.scope, firm.year, coalesce(firm."level", 'other') AS organ_level,
        figures.seq, figures."key", figures."value"
    FROM firm JOIN figures USING (report_id)
    WHERE figures."value" > 0 AND figures."key" IN (
        'requests.new.total', 'requests.total.total', 'annex.c1', 'annex.c3', 'annex.a1', 'annex.h4', 'annex.g',
        'disclosure.licensing.decisions', 'disclosure.penalties.decisions', 'disclosure.compulsion.decisions',
        'disclosure.normative_documents.issued', 'disclosure.normative_documents.in_force',
        'disclosure.normative_documents.made', 'disclosure.normative_documents.open_total',
        'proceedings.reconsideration.total', 'proceedings.litigation_direct.total',
        'disclosure.fees.amount', 'disclosure.procurement.amount'
    )
),
others AS (
    SELECT this.report_id, this."key", median(other."value") AS middle, count(*) AS n
    FROM series AS this
    JOIN series AS other
        ON other.organ_key = this.organ_key AND other.scope = this.scope AND other."key" = this."key"
        AND other.year <> this.year
    GROUP BY this.report_id, this."key"
    HAVING count(*) >= 3 AND max(other."value") <= 10 * min(other."value")
),
peers AS (
    SELECT organ_level, scope, "key", count(*) AS n, median(log10("value")) AS middle, mad(log10("value")) AS spread,
        quantile_cont("value", 0.99) AS high
    FROM series
    GROUP BY organ_level, scope, "key"
    HAVING count(*) >= 50 AND mad(log10("value")) > 0
),
odd AS (
    SELECT report_id, line, seq, "key", others.middle AS expected, "value" AS found,
        format('{} is printed as {}, while the other years of this organ stand around {}',
            "key", plain("value"), plain(round(others.middle))) AS message
    FROM series JOIN others USING (report_id, "key")
    WHERE greatest("value", others.middle) >= 1000
        AND greatest("value" / others.middle, others.middle / "value") >= 100
        AND "key" NOT IN ('disclosure.fees.amount', 'disclosure.procurement.amount', 'annex.g', 'annex.h4')
    UNION ALL
    SELECT report_id, line, seq, "key", pow(10, peers.middle), "value",
        format('{} is printed as {}; the median of {} organs of this level is {}, and 99 in 100 stand below {}',
            "key", plain("value"), peers.n, plain(round(pow(10, peers.middle))), plain(ceil(peers.high)))
    FROM series JOIN peers USING (organ_level, scope, "key")
    WHERE "value" > 10 * peers.high AND 0.6745 * (log10("value") - peers.middle) / peers.spread > 8
)
SELECT report_id, 'notice' AS "level", ["key"] AS "keys", first(message) AS message, first(expected) AS expected,
    first(found) AS found, NULL AS other_report_id
FROM odd
GROUP BY report_id, line, seq, "key"
ORDER BY line, seq
