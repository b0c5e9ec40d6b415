-- Where the same bytes are served under several addresses, all but the first are its twins. The other addresses of
-- a report that the record names itself follow it, each as a twin of it.
CREATE TABLE addresses AS
SELECT
    report_id, line, url, sha256, fetched, snapshot,
    nullif(first(report_id) OVER (PARTITION BY sha256 ORDER BY line), report_id) AS twin_of
FROM reports
UNION ALL
SELECT DISTINCT also.report_id, also.line, also.url, also.sha256, also.fetched, also.snapshot, also.report_id
FROM also JOIN reports USING (report_id) WHERE also.url <> reports.url
ORDER BY line, twin_of NULLS FIRST, url;
