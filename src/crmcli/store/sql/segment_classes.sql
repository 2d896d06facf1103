-- The further judgements of one run and the classes of each that somebody is in.
SELECT DISTINCT segmentation, segment FROM segments
WHERE run_id = :run
ORDER BY segmentation, segment
