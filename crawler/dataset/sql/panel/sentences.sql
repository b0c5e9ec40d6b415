-- The sentences of the chosen reports that an organ would have to think of: long enough, and not what every report says.
-- A year is written as Y, so that a text that was only given the new year is still the old text; other figures stay.
CREATE OR REPLACE TABLE sentences AS
WITH parts AS (
    SELECT firm.line, sections.seq AS section_seq, sections."key" AS section, firm.organ_key, firm.portal, firm.place,
        unnest(string_split_regex(sections."text", '[。！？；\n]+')) AS sentence,
        generate_subscripts(string_split_regex(sections."text", '[。！？；\n]+'), 1) AS position
    FROM firm JOIN sections USING (line)
    WHERE sections."key" <> 'annex'
),
plain_parts AS (
    SELECT *, regexp_replace(regexp_replace(sentence, '\s+', '', 'g'), '(19|20)\d\d', 'Y', 'g') AS said FROM parts
)
SELECT line, section_seq, section, position, trim(sentence) AS sentence, said, hash(said) AS digest,
    hash(organ_key) AS organ, hash(coalesce(nullif(substr(place, 1, 6), 'portal'), place)) AS area
FROM plain_parts
WHERE length(said) >= 20 AND NOT regexp_matches(said, $boilerplate);

-- Most sentences are said once. Those that are not, and who says them: small enough to be counted and joined.
CREATE OR REPLACE TABLE said_again AS
SELECT DISTINCT digest, area, organ
FROM sentences
WHERE digest IN (SELECT digest FROM sentences GROUP BY digest HAVING count(*) > 1);

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

-- The sentences that somebody else says too, or the same organ another year, without their words.
CREATE OR REPLACE TABLE shared AS
SELECT line, section_seq, position, digest, area, organ, length(said) AS length
FROM sentences
WHERE digest IN (SELECT digest FROM said_again);
DROP TABLE said_again;
