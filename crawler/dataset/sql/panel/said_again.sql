-- Most sentences are said once. Those that are not, and who says them: small enough to be counted and joined. All digests
-- at once are not: they are counted in parts that fit in memory, each of them whole.
INSERT INTO said_again
WITH part AS (SELECT digest, area, organ FROM sentences WHERE digest % $parts = $part)
SELECT DISTINCT digest, area, organ FROM part WHERE digest IN (SELECT digest FROM part GROUP BY digest HAVING count(*) > 1);
