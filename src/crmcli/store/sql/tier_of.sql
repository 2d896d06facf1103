-- The tier of :customer on :today: pinned by hand, else that of the last run.
SELECT coalesce(
    (SELECT o.value FROM overrides o
        WHERE o.id = (
            SELECT max(id) FROM overrides
            WHERE customer_id = :customer AND judgement = 'tier' AND from_on <= :today
                AND (until_on IS NULL OR until_on >= :today) AND (ended_on IS NULL OR ended_on > :today)
        )),
    (SELECT k.tier FROM classifications k
        WHERE k.customer_id = :customer
            AND k.run_id = (SELECT id FROM runs WHERE as_of <= :today ORDER BY as_of DESC, id DESC LIMIT 1))
)
