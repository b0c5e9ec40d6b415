-- Published after the legal date (sql/deadlines.sql).
SELECT
    firm.report_id, 'notice' AS "level", []::VARCHAR[] AS "keys",
    format('dated {}, {} day(s) after it was due on {} ({})', appeared::VARCHAR, days, due::VARCHAR,
        CASE WHEN "year" >= 2019 THEN '政府信息公开条例 of 2019, art. 49' ELSE '政府信息公开条例 of 2007, art. 31' END) AS message,
    due::VARCHAR AS expected, appeared::VARCHAR AS found, NULL AS other_report_id
FROM firm JOIN deadlines USING (line)
WHERE days > 0
ORDER BY line
