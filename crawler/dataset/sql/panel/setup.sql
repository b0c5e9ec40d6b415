-- What the checks stand on: the chosen reports whose organ and year are certain.

CREATE OR REPLACE MACRO plain(x) AS CASE
    WHEN x = round(x) AND abs(x) < 1e15 THEN x::BIGINT::VARCHAR ELSE x::VARCHAR
END;

CREATE OR REPLACE TABLE firm AS
SELECT report_id, line, organ_key, organ, year, form, coalesce(scope, 'own') AS scope, "level", place, portal
FROM reports
WHERE chosen AND NOT EXISTS (
    FROM findings
    WHERE findings.report_id = reports.report_id AND check_id IN ('year.unsure', 'organ.unsure')
);

-- A report, and that of the same organ on the year before.
CREATE OR REPLACE TABLE pairs AS
SELECT this.report_id, this.line, this.year, this.form, this.organ_key,
    last.report_id AS last_id, last.line AS last_line, last.form AS last_form
FROM firm AS this
JOIN firm AS last
    ON last.organ_key = this.organ_key AND last.year = this.year - 1 AND last.scope = this.scope;

-- The figures that series are made of, a few of the hundreds of cells of a report: the checks read these and not all.
CREATE OR REPLACE TABLE figures AS
SELECT report_id, line, seq, "key", "value", unit, note
FROM cells
WHERE kind = 'number' AND "key" IN (
    'requests.new.total', 'requests.carried_in.total', 'requests.total.total', 'requests.carried_out.total',
    'annex.c1', 'annex.c3', 'annex.a1', 'annex.h4', 'annex.g',
    'disclosure.regulations.issued', 'disclosure.regulations.repealed', 'disclosure.regulations.in_force',
    'disclosure.licensing.decisions', 'disclosure.penalties.decisions', 'disclosure.compulsion.decisions',
    'disclosure.normative_documents.issued', 'disclosure.normative_documents.repealed',
    'disclosure.normative_documents.in_force', 'disclosure.normative_documents.made',
    'disclosure.normative_documents.open_total', 'proceedings.reconsideration.total',
    'proceedings.litigation_direct.total', 'disclosure.fees.amount', 'disclosure.procurement.amount'
);
