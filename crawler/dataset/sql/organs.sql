-- `place`: where an organ is. The division when it is known for the report, or for every other report of that
-- name on the same portal; else the portal, else the host. Nothing is guessed from names: 88 towns are called 城关镇.
-- `organ_key`: place and name, without what is said or left out at will (a place before the place's own name,
-- 人民政府 or 办事处 behind it).

ALTER TABLE reports ADD COLUMN place VARCHAR;
ALTER TABLE reports ADD COLUMN organ_key VARCHAR;
ALTER TABLE reports ADD COLUMN "level" VARCHAR;
ALTER TABLE reports ADD COLUMN province VARCHAR;
ALTER TABLE reports ADD COLUMN prefecture VARCHAR;
ALTER TABLE reports ADD COLUMN county VARCHAR;

CREATE TABLE known_places AS
SELECT portal, organ, min(division_code) AS code, min(division_name) AS name
FROM reports
WHERE portal IS NOT NULL AND organ IS NOT NULL AND division_code IS NOT NULL
GROUP BY portal, organ
HAVING count(DISTINCT division_code) = 1;

UPDATE reports SET
    place = found.place,
    organ_key = found.place || ' ' || regexp_replace(found.name, '(.{2,})(人民政府|办事处)$', '\1')
FROM (
    SELECT
        reports.report_id,
        coalesce(
            division_code, code, 'portal:' || reports.portal,
            'host:' || nullif(regexp_extract(url, '^[a-z]+://([^/]*)', 1), ''), 'file'
        ) AS place,
        -- 重庆市万州区财政局 and 万州区财政局 are one, where the division is 万州区.
        CASE
            WHEN strpos(reports.organ, coalesce(division_name, known_places.name)) > 1
            THEN substr(reports.organ, strpos(reports.organ, coalesce(division_name, known_places.name)))
            ELSE reports.organ
        END AS name
    FROM reports
    LEFT JOIN known_places ON reports.portal = known_places.portal AND reports.organ = known_places.organ
) AS found
WHERE found.report_id = reports.report_id;

DROP TABLE known_places;

UPDATE reports SET
    province = substr(place, 1, 2) || '0000',
    prefecture = CASE WHEN substr(place, 3, 2) <> '00' THEN substr(place, 1, 4) || '00' END,
    county = CASE WHEN substr(place, 5, 2) <> '00' THEN substr(place, 1, 6) END
WHERE regexp_full_match(place, '\d{6}|\d{9}');

-- The level of the organ's place; without a division only a township can be told, by its name.
UPDATE reports SET "level" = CASE
    WHEN length(place) = 9 AND regexp_full_match(place, '\d{9}') THEN 'township'
    WHEN regexp_matches(organ, '([镇乡]|街道|苏木)(人民政府|办事处|党政办公室|办公室)?$') THEN 'township'
    WHEN county IS NOT NULL THEN 'county'
    WHEN prefecture IS NOT NULL THEN 'prefecture'
    WHEN province IS NOT NULL THEN 'province'
END;
