-- `place`: where an organ is. The division when it is known for the report, or for every other report of that
-- name on the same portal; else the portal, else the host. Nothing is guessed from names: 88 towns are called 城关镇.
-- `organ_key`: place and name, without what is said or left out at will (crawler/organs.py, which has filled `names`).

ALTER TABLE reports ADD COLUMN place VARCHAR;
ALTER TABLE reports ADD COLUMN organ_key VARCHAR;
ALTER TABLE reports ADD COLUMN "level" VARCHAR;
ALTER TABLE reports ADD COLUMN province VARCHAR;
ALTER TABLE reports ADD COLUMN prefecture VARCHAR;
ALTER TABLE reports ADD COLUMN county VARCHAR;

UPDATE reports SET
    place = coalesce(
        names.code, 'portal:' || reports.portal, 'host:' || nullif(regexp_extract(url, '^[a-z]+://([^/]*)', 1), ''), 'file'
    )
FROM names WHERE names.line = reports.line;

UPDATE reports SET organ_key = place || ' ' || names."name" FROM names WHERE names.line = reports.line;

DROP TABLE names;

UPDATE reports SET
    province = substr(place, 1, 2) || '0000',
    prefecture = CASE WHEN substr(place, 3, 2) <> '00' THEN substr(place, 1, 4) || '00' END,
    county = CASE WHEN substr(place, 5, 2) <> '00' THEN substr(place, 1, 6) END
WHERE regexp_full_match(place, '\d{6}|\d{9}');

-- The level of the organ's place; without a division only a township can be told, by its name.
UPDATE reports SET "level" = CASE
    WHEN length(place) = 9 AND regexp_full_match(place, '\d{9}') THEN 'township'
    WHEN regexp_matches(organ, '(镇|[^城]乡|街道|苏木)(人民政府|政府|办事处|党委|党工委|工委)?((党政)?(综合)?办公室|党政(综合)?办)?$|街道办$') THEN 'township'
    WHEN county IS NOT NULL THEN 'county'
    WHEN prefecture IS NOT NULL THEN 'prefecture'
    WHEN province IS NOT NULL THEN 'province'
END;
