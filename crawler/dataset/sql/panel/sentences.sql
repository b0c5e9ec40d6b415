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
