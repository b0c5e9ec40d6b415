-- Published after the legal date: 31 March for every organ until the reports on 2018 (Regulations of 2007, art. 31);
-- since then 31 January for departments and 31 March for governments (Regulations of 2019, art. 49). Townships are not
-- named there: for them, and for offices that publish a government's report, the later date. The earliest copy
-- counts, and only dates within the year in which the report was due: later ones are postings of old reports.
WITH dates AS (
    SELECT organ_key, year, min(try_cast(published AS DATE)) AS published
    FROM reports
    WHERE official AND verdict IN ('verified', 'flagged', 'partial')
        AND year(try_cast(published AS DATE)) = year + 1
    GROUP BY organ_key, year
),
due AS (
    SELECT firm.*, dates.published,
        CASE
            WHEN firm.year >= 2019 AND firm.scope = 'own' AND coalesce(firm."level", '') <> 'township'
                AND NOT regexp_matches(firm.organ, '(政府|政府办公[室厅]|管理委员会|管委会|[省市县区州旗盟])$')
            THEN make_date(firm.year + 1, 1, 31) ELSE make_date(firm.year + 1, 3, 31)
        END AS date
    FROM firm JOIN dates USING (organ_key, year)
)
SELECT
    report_id, 'notice' AS "level", []::VARCHAR[] AS "keys",
    format('dated {}, {} day(s) after it was due on {} ({})',
        published::VARCHAR, date_diff('day', date, published), date::VARCHAR,
        CASE WHEN year >= 2019 THEN '政府信息公开条例 of 2019, art. 49' ELSE '政府信息公开条例 of 2007, art. 31' END) AS message,
    date::VARCHAR AS expected, published::VARCHAR AS found, NULL AS other_report_id
FROM due
WHERE published > date
ORDER BY line
