-- The last month, `YYYY-MM`, that was classified; single days do not count.
SELECT max(period) FROM runs WHERE length(period) = 7
