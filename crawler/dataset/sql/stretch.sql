-- One stretch of lines into the tables. $heads and $cells read its file; $before is the number of lines before it.
-- The cells, nine tenths of every record, are unfolded as they are read and never lie in memory as lists.

INSERT INTO cells
SELECT
    report_id, line, seq, cell."key", cell."value", cell.kind, cell."raw", cell.unit, cell.derived, cell.note, cell."at",
    NULL, NULL
FROM (
    SELECT report_id, line, unnest(cells) AS cell, generate_subscripts(cells, 1) AS seq
    FROM $cells
);

CREATE OR REPLACE TEMP TABLE stretch AS FROM $heads;

INSERT INTO reports
WITH counts AS (
    SELECT
        line,
        count_if(kind = 'number') AS numbers,
        count_if(kind IN ('blank', 'dash')) AS blanks,
        count_if(kind NOT IN ('number', 'blank', 'dash')) AS unread
    FROM cells WHERE line > $before
    GROUP BY line
)
SELECT
    report_id, line, title, organ, "year", published, division.code, division.name, array_to_string(division.witnesses, ' '),
    scope, form, form_expected, verdict,
    metadata ->> '$.index_number', metadata ->> '$.issuer', metadata ->> '$.document_number', metadata ->> '$.written',
    metadata ->> '$.validity',
    preamble,
    coalesce(list_sum(list_transform(sections, lambda s: length(s.text))), 0),
    coalesce(numbers, 0), coalesce(blanks, 0), coalesce(unread, 0),
    len(list_filter(findings, lambda f: f.level = 'error')), len(list_filter(findings, lambda f: f.level = 'warning')),
    source.url, source.fetched, source.sha256, source.snapshot, source.media_type, source.encoding, source.portal,
    source.official, source.attachment_of, coalesce(source.rendered, FALSE), replaces, parser, NULL
FROM stretch LEFT JOIN counts USING (line)
ORDER BY line;

INSERT INTO sections
SELECT report_id, line, seq, section."key", section.heading, section."text"
FROM (SELECT report_id, line, unnest(sections) AS section, generate_subscripts(sections, 1) AS seq FROM stretch);

INSERT INTO findings
SELECT
    report_id, line, seq, finding."check", finding."level", finding."keys", finding.message, finding.expected, finding.found,
    NULL
FROM (SELECT report_id, line, unnest(findings) AS finding, generate_subscripts(findings, 1) AS seq FROM stretch);

INSERT INTO also
SELECT report_id, line, address.url, address.sha256, address.fetched, address.snapshot
FROM (SELECT report_id, line, unnest(source.also_at) AS address FROM stretch);

DROP TABLE stretch;
