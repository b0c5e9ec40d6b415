-- What organs of several areas say word for word is a phrase of the trade, or of a template from above; so is what more
-- than twenty organs say.
CREATE OR REPLACE TABLE phrases AS
SELECT digest FROM said_again GROUP BY digest HAVING count(DISTINCT area) >= 3 OR count(DISTINCT organ) > 20;

DELETE FROM sentences WHERE digest IN (FROM phrases);
DELETE FROM said_again WHERE digest IN (FROM phrases);
DROP TABLE phrases;

-- How much each report says of its own, in characters.
CREATE OR REPLACE TABLE lengths AS
SELECT line, sum(length(said)) AS length FROM sentences GROUP BY line;

-- And where it stands.
CREATE OR REPLACE TABLE areas AS
SELECT line, any_value(area) AS area FROM sentences GROUP BY line;

-- The sentences that somebody else says too, or the same organ another year, without their words.
CREATE OR REPLACE TABLE shared AS
SELECT line, section_seq, position, digest, area, organ, length(said) AS length
FROM sentences
WHERE digest IN (SELECT digest FROM said_again);
DROP TABLE said_again;
