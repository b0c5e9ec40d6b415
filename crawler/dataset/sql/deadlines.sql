-- When a report was due by law, and when it was there: 31 March for every organ until the reports on 2018 (Regulations of
-- 2007, art. 31); since then 31 January for departments and 31 March for governments (Regulations of 2019, art. 49).
-- Townships are not named there: for them, for state farms that are governed like them, and for offices that publish a
-- government's report, the later date. The earliest copy counts, and only dates within the year in which the report was
-- due: later ones are postings of old reports. Nothing is counted where the organ or the year is unsure.
CREATE TABLE deadlines AS
WITH unsure AS (SELECT DISTINCT report_id FROM findings WHERE check_id IN ('year.unsure', 'organ.unsure')),
sure AS (
    SELECT line, organ_key, organ, "year", scope, "level", official, try_cast(published AS DATE) AS published
    FROM reports ANTI JOIN unsure USING (report_id)
    WHERE organ_key IS NOT NULL AND "year" BETWEEN 1990 AND 2200 AND verdict IN ('verified', 'flagged', 'partial')
        AND decision IS DISTINCT FROM 'excluded'
),
dates AS (
    SELECT organ_key, "year", min(published) AS appeared
    FROM sure
    WHERE official AND year(published) = "year" + 1
    GROUP BY organ_key, "year"
)
SELECT line, due, appeared, date_diff('day', due, appeared) AS days
FROM (
    SELECT *,
        CASE
            WHEN "year" >= 2019 AND coalesce(scope, 'own') = 'own' AND coalesce("level", '') <> 'township'
                AND NOT regexp_matches(organ, '(政府|政府办公[室厅]|管理委员会|管委会|[省市县区州旗盟]|[农林牧渔茶]场|[一二三四五六七八九十\d]团)$')
            THEN make_date("year" + 1, 1, 31) ELSE make_date("year" + 1, 3, 31)
        END AS due
    FROM sure
) AS asked JOIN dates USING (organ_key, "year");
