-- owner: features/monitoring
-- As `count_facts_anew`.
create function count_outcomes_anew() returns void
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform set_config('default_statistics_target', '10', true);
  analyze outcome;
end
$$;
revoke all on function count_outcomes_anew() from public;
grant execute on function count_outcomes_anew() to assay_app;
