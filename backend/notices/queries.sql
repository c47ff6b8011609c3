-- name: tell -> none
-- In the transaction of the change that it tells of.
SELECT tell($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
