-- What every format publishes, under the names of crawler/dataset/schema.py. Findings over several reports stand with
-- those of the parser, counted on in each report.

CREATE SCHEMA IF NOT EXISTS publish;

CREATE OR REPLACE TABLE all_findings AS
WITH own AS (
    SELECT report_id, seq, check_id, "level", array_to_string("keys", ' ') AS "keys", message, expected, found,
        NULL::VARCHAR AS other_report_id, decision, 0 AS origin
    FROM findings
    UNION ALL
    SELECT report_id, seq, check_id, "level", array_to_string("keys", ' '), message, expected, found, other_report_id,
        decision, 1
    FROM panel
)
SELECT own.* EXCLUDE (seq, origin),
    row_number() OVER (PARTITION BY own.report_id ORDER BY origin, seq) AS seq
FROM own JOIN reports USING (report_id)
ORDER BY reports.line, origin, seq;

CREATE OR REPLACE VIEW publish.reports AS
SELECT reports.*, places.addresses
FROM main.reports JOIN (SELECT report_id, count(*) AS addresses FROM main.addresses GROUP BY report_id) AS places USING (report_id)
ORDER BY line;
-- In the order in which they were read, which is that of the file: sorting every cell of a million reports is not needed.
CREATE OR REPLACE VIEW publish.cells AS FROM main.cells;
CREATE OR REPLACE VIEW publish.sections AS FROM main.sections;
CREATE OR REPLACE VIEW publish.findings AS FROM main.all_findings;
CREATE OR REPLACE VIEW publish.addresses AS
SELECT addresses.*, row_number() OVER (PARTITION BY report_id ORDER BY addresses.url <> reports.url, addresses.url, addresses.sha256) AS seq
FROM main.addresses JOIN reports USING (report_id)
ORDER BY addresses.line, seq;
CREATE OR REPLACE VIEW publish.decisions AS FROM main.decisions ORDER BY line;
