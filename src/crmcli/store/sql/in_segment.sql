-- Who is in a class, whichever of the further judgements has it, in one run.
SELECT DISTINCT customer_id FROM segments
WHERE run_id = :run AND segment = :segment
ORDER BY customer_id
