// SPDX-License-Identifier: Apache-2.0
#include "traces/database_schema.h"

namespace tessera::traces {

// Energies are two integers, nanojoules and the attojoules below one nanojoule: their sums stay exact in SQL.
const char* const schema_tables = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE component (id INTEGER PRIMARY KEY, path TEXT NOT NULL, category TEXT NOT NULL);
CREATE TABLE lane (id INTEGER PRIMARY KEY, path TEXT NOT NULL);
CREATE TABLE counter (id INTEGER PRIMARY KEY, path TEXT NOT NULL, unit TEXT NOT NULL, description TEXT NOT NULL);
CREATE TABLE layer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE job_name (tag INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE call_site (id INTEGER PRIMARY KEY, pc INTEGER NOT NULL, return_address INTEGER NOT NULL,
  function TEXT NOT NULL, caller TEXT NOT NULL);
CREATE TABLE scope (id INTEGER PRIMARY KEY, layer INTEGER NOT NULL, job INTEGER NOT NULL, call_site INTEGER NOT NULL);
CREATE TABLE span_name (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE job (id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, scope INTEGER NOT NULL, kind TEXT NOT NULL,
  inference INTEGER, submitted_ps INTEGER NOT NULL, begin_ps INTEGER NOT NULL, end_ps INTEGER NOT NULL,
  count INTEGER NOT NULL, period_ps INTEGER NOT NULL, fetch_ps INTEGER NOT NULL, load_stall_ps INTEGER NOT NULL,
  store_stall_ps INTEGER NOT NULL, converter_stall_ps INTEGER NOT NULL, bus_wait_ps INTEGER NOT NULL,
  compute_ps INTEGER NOT NULL, bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, conversions INTEGER NOT NULL,
  clipped INTEGER NOT NULL, saturated INTEGER NOT NULL);
CREATE TABLE span (id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, name INTEGER NOT NULL, scope INTEGER NOT NULL,
  begin_ps INTEGER NOT NULL, end_ps INTEGER NOT NULL);
CREATE TABLE marker (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, region_kind INTEGER NOT NULL,
  region_number INTEGER NOT NULL, at_ps INTEGER NOT NULL);
CREATE TABLE region (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, number INTEGER NOT NULL, begin_ps INTEGER NOT NULL,
  end_ps INTEGER);
CREATE TABLE interrupt (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, raised INTEGER NOT NULL,
  at_ps INTEGER NOT NULL);
CREATE TABLE counter_value (id INTEGER PRIMARY KEY, counter INTEGER NOT NULL, at_ps INTEGER NOT NULL,
  value INTEGER NOT NULL);
CREATE TABLE bus_transaction (id INTEGER PRIMARY KEY, lane INTEGER NOT NULL, scope INTEGER NOT NULL,
  request_ps INTEGER NOT NULL, grant_ps INTEGER NOT NULL, end_ps INTEGER NOT NULL, address INTEGER NOT NULL,
  bytes INTEGER NOT NULL, write INTEGER NOT NULL);
CREATE TABLE energy (scope INTEGER NOT NULL, component INTEGER NOT NULL, cause TEXT NOT NULL,
  nanojoules INTEGER NOT NULL, attojoules INTEGER NOT NULL, PRIMARY KEY (scope, component, cause)) WITHOUT ROWID;
CREATE TABLE energy_window (begin_ps INTEGER NOT NULL, end_ps INTEGER NOT NULL, category TEXT NOT NULL,
  nanojoules INTEGER NOT NULL, attojoules INTEGER NOT NULL, PRIMARY KEY (begin_ps, category)) WITHOUT ROWID;
CREATE TABLE power_state (block TEXT NOT NULL, state TEXT NOT NULL, time_ps INTEGER NOT NULL,
  nanojoules INTEGER NOT NULL, attojoules INTEGER NOT NULL, entries INTEGER NOT NULL, PRIMARY KEY (block, state))
  WITHOUT ROWID;
CREATE TABLE energy_checkpoint (component INTEGER NOT NULL, cause TEXT NOT NULL, nanojoules INTEGER NOT NULL,
  attojoules INTEGER NOT NULL, PRIMARY KEY (component, cause)) WITHOUT ROWID;
)sql";

const char* const schema_views = R"sql(
CREATE VIEW scope_named AS
  SELECT s.id, s.layer, s.job, s.call_site,
    coalesce(l.name, CASE s.layer WHEN -1 THEN '(idle)' WHEN -2 THEN '(other)' ELSE 'layer ' || s.layer END)
      AS layer_name,
    CASE WHEN s.job = 0 THEN '' ELSE coalesce(j.name, 'job ' || s.job) END AS job_name,
    CASE WHEN s.call_site = 0 THEN '' ELSE
      CASE WHEN c.function = '' THEN printf('0x%08x', c.pc) ELSE c.function END || ' < ' ||
      CASE WHEN c.caller = '' THEN printf('0x%08x', c.return_address) ELSE c.caller END END AS call_site_name
  FROM scope s LEFT JOIN layer l ON l.id = s.layer LEFT JOIN job_name j ON j.tag = s.job
    LEFT JOIN call_site c ON c.id = s.call_site;
CREATE VIEW job_named AS
  SELECT j.id, l.path AS lane, s.layer_name AS layer, s.job_name AS job, s.call_site_name AS call_site, j.kind,
    j.inference, j.submitted_ps, j.begin_ps, j.end_ps, j.end_ps - j.begin_ps AS duration_ps, j.count, j.period_ps,
    j.fetch_ps, j.load_stall_ps, j.store_stall_ps, j.converter_stall_ps, j.bus_wait_ps, j.compute_ps, j.bytes_in,
    j.bytes_out, j.conversions, j.clipped, j.saturated
  FROM job j JOIN lane l ON l.id = j.lane JOIN scope_named s ON s.id = j.scope;
CREATE VIEW inference AS
  SELECT number, begin_ps, end_ps, end_ps - begin_ps AS duration_ps FROM region WHERE kind = 'inference';
CREATE VIEW layer_run AS
  SELECT r.number AS layer, coalesce(l.name, 'layer ' || r.number) AS name, r.begin_ps, r.end_ps,
    r.end_ps - r.begin_ps AS duration_ps
  FROM region r LEFT JOIN layer l ON l.id = r.number WHERE r.kind = 'layer';
CREATE VIEW stall_by_cause AS
  SELECT 'load' AS cause, coalesce(sum(load_stall_ps), 0) AS ps FROM job
  UNION ALL SELECT 'store', coalesce(sum(store_stall_ps), 0) FROM job
  UNION ALL SELECT 'converter', coalesce(sum(converter_stall_ps), 0) FROM job
  UNION ALL SELECT 'bus wait', coalesce(sum(bus_wait_ps), 0) FROM job
  UNION ALL SELECT 'queue', coalesce(sum(begin_ps - submitted_ps), 0) FROM job;
CREATE VIEW counter_last AS
  SELECT c.path, c.unit, v.value, v.at_ps FROM counter c JOIN counter_value v ON v.id =
    (SELECT max(id) FROM counter_value WHERE counter = c.id);
CREATE VIEW energy_named AS
  SELECT c.path AS component, c.category, e.cause, s.layer, s.layer_name, s.job, s.job_name, s.call_site,
    s.call_site_name, e.nanojoules, e.attojoules, e.nanojoules * 1e-9 + e.attojoules * 1e-18 AS joules
  FROM energy e JOIN component c ON c.id = e.component JOIN scope_named s ON s.id = e.scope;
CREATE VIEW energy_by_component AS
  SELECT component, category, sum(nanojoules) + sum(attojoules) / 1000000000 AS nanojoules,
    sum(attojoules) % 1000000000 AS attojoules, sum(joules) AS joules
  FROM energy_named GROUP BY component, category;
CREATE VIEW energy_by_category AS
  SELECT category, sum(nanojoules) + sum(attojoules) / 1000000000 AS nanojoules,
    sum(attojoules) % 1000000000 AS attojoules, sum(joules) AS joules
  FROM energy_named GROUP BY category;
CREATE VIEW energy_by_cause AS
  SELECT cause, sum(nanojoules) + sum(attojoules) / 1000000000 AS nanojoules,
    sum(attojoules) % 1000000000 AS attojoules, sum(joules) AS joules
  FROM energy_named GROUP BY cause;
CREATE VIEW energy_by_layer AS
  SELECT layer, layer_name, sum(nanojoules) + sum(attojoules) / 1000000000 AS nanojoules,
    sum(attojoules) % 1000000000 AS attojoules, sum(joules) AS joules
  FROM energy_named GROUP BY layer, layer_name;
CREATE VIEW energy_by_job AS
  SELECT job, job_name, sum(nanojoules) + sum(attojoules) / 1000000000 AS nanojoules,
    sum(attojoules) % 1000000000 AS attojoules, sum(joules) AS joules
  FROM energy_named GROUP BY job, job_name;
CREATE VIEW energy_by_call_site AS
  SELECT call_site, call_site_name, sum(nanojoules) + sum(attojoules) / 1000000000 AS nanojoules,
    sum(attojoules) % 1000000000 AS attojoules, sum(joules) AS joules
  FROM energy_named GROUP BY call_site, call_site_name;
CREATE VIEW energy_by_layer_and_category AS
  SELECT layer, layer_name, category, sum(nanojoules) + sum(attojoules) / 1000000000 AS nanojoules,
    sum(attojoules) % 1000000000 AS attojoules, sum(joules) AS joules
  FROM energy_named GROUP BY layer, layer_name, category;
)sql";

}  // namespace tessera::traces
