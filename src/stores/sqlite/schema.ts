/** "CCRD": tells a Concord database from other SQLite files. */
export const applicationId = 0x43435244

/**
 * One entry per schema version, applied in order and never edited once released. Streams are numbers in `events`, so that its index stays small;
 * `run` is stored only where the stream does not tell it; every further index is one more page written per commit, hence the partial ones.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE streams(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pinned_version INTEGER NOT NULL DEFAULT 0,
    pinned_digest BLOB
  );
  CREATE TABLE events(
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    run TEXT,
    step TEXT,
    agent TEXT,
    epoch INTEGER NOT NULL,
    cause TEXT,
    operation TEXT,
    data TEXT,
    salt BLOB,
    data_digest BLOB NOT NULL,
    digest BLOB NOT NULL,
    UNIQUE(stream, version)
  );
  CREATE INDEX events_run ON events(run) WHERE run IS NOT NULL;
  CREATE UNIQUE INDEX events_operation ON events(stream, operation) WHERE operation IS NOT NULL;
  CREATE TABLE runs(
    run TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    team TEXT,
    thread TEXT,
    parent TEXT,
    summary TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX runs_created ON runs(created_at);
  CREATE INDEX runs_status ON runs(status, created_at);
  CREATE INDEX runs_thread ON runs(thread, created_at) WHERE thread IS NOT NULL;
  CREATE INDEX runs_parent ON runs(parent, created_at) WHERE parent IS NOT NULL;
  CREATE TABLE state(
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT,
    at INTEGER NOT NULL,
    expires_at INTEGER,
    run TEXT,
    step TEXT,
    agent TEXT,
    cause TEXT,
    epoch INTEGER NOT NULL,
    PRIMARY KEY(namespace, key)
  ) WITHOUT ROWID;
  CREATE INDEX state_expiry ON state(expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE members(
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started TEXT,
    role TEXT NOT NULL,
    url TEXT,
    beat_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- Where what is kept of a stream begins: its events up to here were dropped.
  ALTER TABLE streams ADD COLUMN dropped_version INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE streams ADD COLUMN dropped_digest BLOB;
  -- state: 0 ready, 1 delayed, 2 leased, 3 dead. Partial indexes, so that what is delayed, leased or dead is never walked over by who takes.
  CREATE TABLE queue(
    entry INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    priority INTEGER NOT NULL,
    state INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    attempts_max INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    lease TEXT,
    again INTEGER NOT NULL,
    code TEXT,
    UNIQUE(queue, key)
  );
  CREATE INDEX queue_ready ON queue(queue, priority DESC, entry) WHERE state = 0;
  CREATE INDEX queue_timed ON queue(queue, due) WHERE state IN (1, 2);
  `,
  `
  -- Where a key's last change is in its namespace's stream; the changes before it are found from there, each telling the one before it.
  ALTER TABLE state ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
  UPDATE state SET sequence = found.version FROM (
    SELECT s.name AS stream, json_extract(e.data, '$.key') AS key, max(e.version) AS version
    FROM events e JOIN streams s ON s.id = e.stream
    WHERE e.type IN ('state.changed', 'state.expired') AND e.data IS NOT NULL GROUP BY 1, 2
  ) AS found WHERE found.stream = 'state/' || state.namespace AND found.key = state.key;
  -- Forks: namespaces read through to another's moment.
  CREATE TABLE state_origins(
    namespace TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    sequence INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  -- Keys of a namespace that are no longer known had at most this version: a key that is written anew goes on after it.
  ALTER TABLE streams ADD COLUMN key_floor INTEGER NOT NULL DEFAULT 0;
  -- A fork that no longer reads through: what it inherited was copied into state_bases.
  ALTER TABLE state_origins ADD COLUMN detached INTEGER NOT NULL DEFAULT 0;
  -- Where what is kept of a namespace begins: the last dropped change of each key that was changed since, and what a detached fork
  -- inherited (its sequence there, negated).
  CREATE TABLE state_bases(
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    value TEXT,
    at INTEGER NOT NULL,
    expires_at INTEGER,
    run TEXT,
    step TEXT,
    agent TEXT,
    cause TEXT,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY(namespace, key)
  ) WITHOUT ROWID;
  CREATE INDEX state_bases_run ON state_bases(run) WHERE run IS NOT NULL;
  CREATE INDEX state_origins_of ON state_origins(origin, sequence);
  CREATE INDEX queue_dead ON queue(queue, entry) WHERE state = 3;
  `,
  `
  -- Which history this file holds: another after a backup was made of it or restored.
  CREATE TABLE incarnation(id TEXT NOT NULL);
  INSERT INTO incarnation VALUES (lower(hex(randomblob(8))));
  `,
  `
  -- Runs are found by who asked, by tag and by the text of their goal.
  ALTER TABLE runs ADD COLUMN principal TEXT;
  CREATE INDEX runs_principal ON runs(principal, created_at) WHERE principal IS NOT NULL;
  CREATE TABLE run_tags(
    tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY(tag, created_at, run)
  ) WITHOUT ROWID;
  CREATE INDEX run_tags_run ON run_tags(run);
  CREATE TABLE run_texts(
    created_at INTEGER NOT NULL,
    run TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY(created_at, run)
  ) WITHOUT ROWID;
  INSERT INTO run_texts SELECT created_at, run, searched_text(summary) FROM runs;
  -- Whoever removes a run removes what it is found by.
  CREATE TRIGGER runs_removed AFTER DELETE ON runs BEGIN
    DELETE FROM run_texts WHERE created_at = old.created_at AND run = old.run;
    DELETE FROM run_tags WHERE run = old.run;
  END;
  `,
  `
  -- The version at which the second format begins in the event's stream; NULL: an event of the first.
  ALTER TABLE events ADD COLUMN format_from INTEGER;
  -- One row per commit, its position the last event's: a JSON list of [stream, from, to, head] in
  -- order of position, chained by digest. The incarnation says which history of this file it is.
  CREATE TABLE commits(
    position INTEGER PRIMARY KEY,
    streams TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    digest BLOB NOT NULL
  );
  `,
]
