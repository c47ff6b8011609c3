-- name: claim_key -> Claim
-- Inside the transaction that does the work: the claim ends with it, so a process that dies leaves nothing behind.
SELECT outcome, status, headers, body FROM claim_key($1, $2, $3);

-- name: store_answer -> none
-- In the same transaction as the change that it answers.
INSERT INTO idempotency_record (owner, key, request_hash, status, headers, body, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: is_used_otherwise -> Used
-- Takes no lock: a request that is refused anyway leaves nothing, and must not stand in the way of one that is not.
SELECT EXISTS (SELECT FROM idempotency_record WHERE owner = $1 AND key = $2 AND request_hash <> $3) AS used;
