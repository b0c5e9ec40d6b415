-- The tables, empty. `line` is the line of the record in reports.jsonl, blank lines not counted.

CREATE TABLE reports (
    report_id VARCHAR, line BIGINT, title VARCHAR, organ VARCHAR, "year" INTEGER, published VARCHAR, division_code VARCHAR,
    division_name VARCHAR, division_witnesses VARCHAR, scope VARCHAR, form VARCHAR, form_expected VARCHAR, verdict VARCHAR,
    index_number VARCHAR, issuer VARCHAR, document_number VARCHAR, written VARCHAR, validity VARCHAR, preamble VARCHAR,
    text_length BIGINT, cells_number BIGINT, cells_blank BIGINT, cells_unread BIGINT, errors BIGINT, warnings BIGINT,
    url VARCHAR, fetched VARCHAR, sha256 VARCHAR, snapshot VARCHAR, media_type VARCHAR, "encoding" VARCHAR, portal VARCHAR,
    official BOOLEAN, attachment_of VARCHAR, rendered BOOLEAN, replaces VARCHAR, parser VARCHAR, decision VARCHAR
);

CREATE TABLE cells (
    report_id VARCHAR, line BIGINT, seq BIGINT, "key" VARCHAR, "value" DOUBLE, kind VARCHAR, "raw" VARCHAR, unit VARCHAR,
    derived DOUBLE, note VARCHAR, "at" VARCHAR, decision VARCHAR, reviewed DOUBLE
);

CREATE TABLE sections (report_id VARCHAR, line BIGINT, seq BIGINT, "key" VARCHAR, heading VARCHAR, "text" VARCHAR);

CREATE TABLE findings (
    report_id VARCHAR, line BIGINT, seq BIGINT, check_id VARCHAR, "level" VARCHAR, "keys" VARCHAR[], message VARCHAR,
    expected VARCHAR, found VARCHAR, decision VARCHAR
);

-- The other addresses of a report.
CREATE TABLE also (report_id VARCHAR, line BIGINT, url VARCHAR, sha256 VARCHAR, fetched VARCHAR, snapshot VARCHAR);

-- How much of its own text a report shares word for word; filled when the reports are compared (panel/likeness.sql).
CREATE TABLE likeness (line BIGINT, last_year DOUBLE, neighbour DOUBLE);
