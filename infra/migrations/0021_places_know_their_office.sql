-- migrate:up
-- A place is at a counter of its own office and city: one key says all three, and costs no more than the one to the counter
-- that it takes the place of. So no place, hold or booking names an office or a city that there is not (decision 0027).
-- A counter never changes its office, so the longer key never changes either.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX counter_of_office ON counter (id, office_id, city_id);  -- some hundred rows, which nobody writes but an admin
ALTER TABLE place ADD CONSTRAINT place_at_counter FOREIGN KEY (counter_id, office_id, city_id)
  REFERENCES counter (id, office_id, city_id) NOT VALID;  -- new rows are checked from now on; the others by the next migration

-- What is over has no place any more, but its appointment still names the office. Asked where an office is deleted, which
-- only the owner can, and not where somebody books.
CREATE FUNCTION keep_office_of_appointments() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET app.system = 'on' AS $$
BEGIN
  IF EXISTS (SELECT FROM appointment a WHERE a.office_id = OLD.id) THEN
    RAISE EXCEPTION 'appointments were made at this office: retire it' USING ERRCODE = 'foreign_key_violation',
      CONSTRAINT = 'appointment_at_office', TABLE = 'office';
  END IF;
  RETURN OLD;
END $$;
REVOKE EXECUTE ON FUNCTION keep_office_of_appointments FROM PUBLIC;
CREATE TRIGGER office_kept BEFORE DELETE ON office FOR EACH ROW EXECUTE FUNCTION keep_office_of_appointments();

-- migrate:down
-- Forward only: a mistake is mended by the next migration.
