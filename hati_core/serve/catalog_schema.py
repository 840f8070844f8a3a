"""PostgreSQL's own tables, views and functions, as a scratch database of DuckDB holds them.

Only what clients ask for is there, with PostgreSQL's names, and with the types of DuckDB that read the same. Tables
that describe what a branch cannot have (triggers, sequences, …) are there and empty.

Source: https://www.postgresql.org/docs/15/catalogs.html
"""

from __future__ import annotations

import re

PG, INFORMATION = "pg_tables_of_hati", "information_of_hati"
"""The schemas in the scratch database: DuckDB has a pg_catalog and an information_schema of its own."""

_FILLED = """
pg_namespace(oid BIGINT, nspname VARCHAR, nspowner BIGINT, nspacl VARCHAR[])
pg_class(oid BIGINT, relname VARCHAR, relnamespace BIGINT, reltype BIGINT, reloftype BIGINT, relowner BIGINT,
    relam BIGINT, relfilenode BIGINT, reltablespace BIGINT, relpages INTEGER, reltuples FLOAT, relallvisible INTEGER,
    reltoastrelid BIGINT, relhasindex BOOLEAN, relisshared BOOLEAN, relpersistence VARCHAR, relkind VARCHAR,
    relnatts SMALLINT, relchecks SMALLINT, relhasrules BOOLEAN, relhastriggers BOOLEAN, relhassubclass BOOLEAN,
    relrowsecurity BOOLEAN, relforcerowsecurity BOOLEAN, relispopulated BOOLEAN, relreplident VARCHAR,
    relispartition BOOLEAN, relrewrite BIGINT, relfrozenxid BIGINT, relminmxid BIGINT, relacl VARCHAR[],
    reloptions VARCHAR[], relpartbound VARCHAR, relhasoids BOOLEAN)
pg_attribute(attrelid BIGINT, attname VARCHAR, atttypid BIGINT, attstattarget INTEGER, attlen SMALLINT,
    attnum SMALLINT, attndims INTEGER, attcacheoff INTEGER, atttypmod INTEGER, attbyval BOOLEAN, attstorage VARCHAR,
    attalign VARCHAR, attcompression VARCHAR, attnotnull BOOLEAN, atthasdef BOOLEAN, atthasmissing BOOLEAN,
    attidentity VARCHAR, attgenerated VARCHAR, attisdropped BOOLEAN, attislocal BOOLEAN, attinhcount INTEGER,
    attcollation BIGINT, attacl VARCHAR[], attoptions VARCHAR[], attfdwoptions VARCHAR[])
pg_attrdef(oid BIGINT, adrelid BIGINT, adnum SMALLINT, adbin VARCHAR, adsrc VARCHAR)
pg_constraint(oid BIGINT, conname VARCHAR, connamespace BIGINT, contype VARCHAR, condeferrable BOOLEAN,
    condeferred BOOLEAN, convalidated BOOLEAN, conrelid BIGINT, contypid BIGINT, conindid BIGINT, conparentid BIGINT,
    confrelid BIGINT, confupdtype VARCHAR, confdeltype VARCHAR, confmatchtype VARCHAR, conislocal BOOLEAN,
    coninhcount INTEGER, connoinherit BOOLEAN, conkey SMALLINT[], confkey SMALLINT[], conpfeqop BIGINT[],
    conppeqop BIGINT[], conffeqop BIGINT[], confdelsetcols SMALLINT[], conexclop BIGINT[], conbin VARCHAR,
    consrc VARCHAR)
pg_index(indexrelid BIGINT, indrelid BIGINT, indnatts SMALLINT, indnkeyatts SMALLINT, indisunique BOOLEAN,
    indnullsnotdistinct BOOLEAN, indisprimary BOOLEAN, indisexclusion BOOLEAN, indimmediate BOOLEAN,
    indisclustered BOOLEAN, indisvalid BOOLEAN, indcheckxmin BOOLEAN, indisready BOOLEAN, indislive BOOLEAN,
    indisreplident BOOLEAN, indkey SMALLINT[], indcollation BIGINT[], indclass BIGINT[], indoption SMALLINT[],
    indexprs VARCHAR, indpred VARCHAR)
pg_type(oid BIGINT, typname VARCHAR, typnamespace BIGINT, typowner BIGINT, typlen SMALLINT, typbyval BOOLEAN,
    typtype VARCHAR, typcategory VARCHAR, typispreferred BOOLEAN, typisdefined BOOLEAN, typdelim VARCHAR,
    typrelid BIGINT, typsubscript VARCHAR, typelem BIGINT, typarray BIGINT, typinput VARCHAR, typoutput VARCHAR,
    typreceive VARCHAR, typsend VARCHAR, typmodin VARCHAR, typmodout VARCHAR, typanalyze VARCHAR, typalign VARCHAR,
    typstorage VARCHAR, typnotnull BOOLEAN, typbasetype BIGINT, typtypmod INTEGER, typndims INTEGER,
    typcollation BIGINT, typdefaultbin VARCHAR, typdefault VARCHAR, typacl VARCHAR[])
pg_database(oid BIGINT, datname VARCHAR, datdba BIGINT, encoding INTEGER, datlocprovider VARCHAR,
    datistemplate BOOLEAN, datallowconn BOOLEAN, datconnlimit INTEGER, datlastsysoid BIGINT, datfrozenxid BIGINT,
    datminmxid BIGINT, dattablespace BIGINT, datcollate VARCHAR, datctype VARCHAR, daticulocale VARCHAR,
    datcollversion VARCHAR, datacl VARCHAR[])
pg_roles(oid BIGINT, rolname VARCHAR, rolsuper BOOLEAN, rolinherit BOOLEAN, rolcreaterole BOOLEAN,
    rolcreatedb BOOLEAN, rolcanlogin BOOLEAN, rolreplication BOOLEAN, rolconnlimit INTEGER, rolpassword VARCHAR,
    rolvaliduntil TIMESTAMPTZ, rolbypassrls BOOLEAN, rolconfig VARCHAR[])
pg_settings(name VARCHAR, setting VARCHAR, unit VARCHAR, category VARCHAR, short_desc VARCHAR, extra_desc VARCHAR,
    context VARCHAR, vartype VARCHAR, source VARCHAR, min_val VARCHAR, max_val VARCHAR, enumvals VARCHAR[],
    boot_val VARCHAR, reset_val VARCHAR, sourcefile VARCHAR, sourceline INTEGER, pending_restart BOOLEAN)
pg_proc(oid BIGINT, proname VARCHAR, pronamespace BIGINT, proowner BIGINT, prolang BIGINT, procost FLOAT, prorows FLOAT,
    provariadic BIGINT, prosupport VARCHAR, prokind VARCHAR, prosecdef BOOLEAN, proleakproof BOOLEAN,
    proisstrict BOOLEAN, proretset BOOLEAN, provolatile VARCHAR, proparallel VARCHAR, pronargs SMALLINT,
    pronargdefaults SMALLINT, prorettype BIGINT, proargtypes BIGINT[], proallargtypes BIGINT[], proargmodes VARCHAR[],
    proargnames VARCHAR[], proargdefaults VARCHAR, protrftypes BIGINT[], prosrc VARCHAR, probin VARCHAR,
    prosqlbody VARCHAR, proconfig VARCHAR[], proacl VARCHAR[])
pg_definitions(oid BIGINT, definition VARCHAR)
pg_signatures(oid BIGINT, name VARCHAR, arguments VARCHAR, result VARCHAR)
pg_here(namespace BIGINT)
"""

_FIXED = """
pg_am(oid BIGINT, amname VARCHAR, amhandler VARCHAR, amtype VARCHAR)
    = (2, 'heap', 'heap_tableam_handler', 't'), (403, 'btree', 'bthandler', 'i')
pg_collation(oid BIGINT, collname VARCHAR, collnamespace BIGINT, collowner BIGINT, collprovider VARCHAR,
    collisdeterministic BOOLEAN, collencoding INTEGER, collcollate VARCHAR, collctype VARCHAR, colliculocale VARCHAR,
    collversion VARCHAR) = (100, 'default', 11, 10, 'd', true, -1, NULL, NULL, NULL, NULL)
pg_tablespace(oid BIGINT, spcname VARCHAR, spcowner BIGINT, spcacl VARCHAR[], spcoptions VARCHAR[])
    = (1663, 'pg_default', 10, NULL, NULL)
pg_language(oid BIGINT, lanname VARCHAR, lanowner BIGINT, lanispl BOOLEAN, lanpltrusted BOOLEAN, lanplcallfoid BIGINT,
    laninline BIGINT, lanvalidator BIGINT, lanacl VARCHAR[]) = (14, 'sql', 10, false, true, 0, 0, 0, NULL)
"""

_EMPTY = """
pg_description(objoid BIGINT, classoid BIGINT, objsubid INTEGER, description VARCHAR)
pg_shdescription(objoid BIGINT, classoid BIGINT, description VARCHAR)
pg_depend(classid BIGINT, objid BIGINT, objsubid INTEGER, refclassid BIGINT, refobjid BIGINT, refobjsubid INTEGER,
    deptype VARCHAR)
pg_shdepend(dbid BIGINT, classid BIGINT, objid BIGINT, objsubid INTEGER, refclassid BIGINT, refobjid BIGINT,
    deptype VARCHAR)
pg_enum(oid BIGINT, enumtypid BIGINT, enumsortorder FLOAT, enumlabel VARCHAR)
pg_range(rngtypid BIGINT, rngsubtype BIGINT, rngmultitypid BIGINT, rngcollation BIGINT, rngsubopc BIGINT,
    rngcanonical VARCHAR, rngsubdiff VARCHAR)
pg_trigger(oid BIGINT, tgrelid BIGINT, tgparentid BIGINT, tgname VARCHAR, tgfoid BIGINT, tgtype SMALLINT,
    tgenabled VARCHAR, tgisinternal BOOLEAN, tgconstrrelid BIGINT, tgconstrindid BIGINT, tgconstraint BIGINT,
    tgdeferrable BOOLEAN, tginitdeferred BOOLEAN, tgnargs SMALLINT, tgattr SMALLINT[], tgargs BLOB, tgqual VARCHAR,
    tgoldtable VARCHAR, tgnewtable VARCHAR)
pg_event_trigger(oid BIGINT, evtname VARCHAR, evtevent VARCHAR, evtowner BIGINT, evtfoid BIGINT, evtenabled VARCHAR,
    evttags VARCHAR[])
pg_rewrite(oid BIGINT, rulename VARCHAR, ev_class BIGINT, ev_type VARCHAR, ev_enabled VARCHAR, is_instead BOOLEAN,
    ev_qual VARCHAR, ev_action VARCHAR)
pg_inherits(inhrelid BIGINT, inhparent BIGINT, inhseqno INTEGER, inhdetachpending BOOLEAN)
pg_partitioned_table(partrelid BIGINT, partstrat VARCHAR, partnatts SMALLINT, partdefid BIGINT, partattrs SMALLINT[],
    partclass BIGINT[], partcollation BIGINT[], partexprs VARCHAR)
pg_policy(oid BIGINT, polname VARCHAR, polrelid BIGINT, polcmd VARCHAR, polpermissive BOOLEAN, polroles BIGINT[],
    polqual VARCHAR, polwithcheck VARCHAR)
pg_statistic_ext(oid BIGINT, stxrelid BIGINT, stxname VARCHAR, stxnamespace BIGINT, stxowner BIGINT,
    stxstattarget INTEGER, stxkeys SMALLINT[], stxkind VARCHAR[], stxexprs VARCHAR)
pg_publication(oid BIGINT, pubname VARCHAR, pubowner BIGINT, puballtables BOOLEAN, pubinsert BOOLEAN,
    pubupdate BOOLEAN, pubdelete BOOLEAN, pubtruncate BOOLEAN, pubviaroot BOOLEAN)
pg_publication_rel(oid BIGINT, prpubid BIGINT, prrelid BIGINT, prqual VARCHAR, prattrs SMALLINT[])
pg_publication_namespace(oid BIGINT, pnpubid BIGINT, pnnspid BIGINT)
pg_subscription(oid BIGINT, subdbid BIGINT, subname VARCHAR, subowner BIGINT, subenabled BOOLEAN,
    subpublications VARCHAR[])
pg_foreign_table(ftrelid BIGINT, ftserver BIGINT, ftoptions VARCHAR[])
pg_foreign_server(oid BIGINT, srvname VARCHAR, srvowner BIGINT, srvfdw BIGINT, srvtype VARCHAR, srvversion VARCHAR,
    srvacl VARCHAR[], srvoptions VARCHAR[])
pg_foreign_data_wrapper(oid BIGINT, fdwname VARCHAR, fdwowner BIGINT, fdwhandler BIGINT, fdwvalidator BIGINT,
    fdwacl VARCHAR[], fdwoptions VARCHAR[])
pg_user_mappings(umid BIGINT, srvid BIGINT, srvname VARCHAR, umuser BIGINT, usename VARCHAR, umoptions VARCHAR[])
pg_sequence(seqrelid BIGINT, seqtypid BIGINT, seqstart BIGINT, seqincrement BIGINT, seqmax BIGINT, seqmin BIGINT,
    seqcache BIGINT, seqcycle BOOLEAN)
pg_sequences(schemaname VARCHAR, sequencename VARCHAR, sequenceowner VARCHAR, data_type VARCHAR, start_value BIGINT,
    min_value BIGINT, max_value BIGINT, increment_by BIGINT, cycle BOOLEAN, cache_size BIGINT, last_value BIGINT)
pg_extension(oid BIGINT, extname VARCHAR, extowner BIGINT, extnamespace BIGINT, extrelocatable BOOLEAN,
    extversion VARCHAR, extconfig BIGINT[], extcondition VARCHAR[])
pg_available_extensions(name VARCHAR, default_version VARCHAR, installed_version VARCHAR, comment VARCHAR)
pg_cast(oid BIGINT, castsource BIGINT, casttarget BIGINT, castfunc BIGINT, castcontext VARCHAR, castmethod VARCHAR)
pg_operator(oid BIGINT, oprname VARCHAR, oprnamespace BIGINT, oprowner BIGINT, oprkind VARCHAR, oprcanmerge BOOLEAN,
    oprcanhash BOOLEAN, oprleft BIGINT, oprright BIGINT, oprresult BIGINT, oprcom BIGINT, oprnegate BIGINT,
    oprcode VARCHAR, oprrest VARCHAR, oprjoin VARCHAR)
pg_opclass(oid BIGINT, opcmethod BIGINT, opcname VARCHAR, opcnamespace BIGINT, opcowner BIGINT, opcfamily BIGINT,
    opcintype BIGINT, opcdefault BOOLEAN, opckeytype BIGINT)
pg_opfamily(oid BIGINT, opfmethod BIGINT, opfname VARCHAR, opfnamespace BIGINT, opfowner BIGINT)
pg_amop(oid BIGINT, amopfamily BIGINT, amoplefttype BIGINT, amoprighttype BIGINT, amopstrategy SMALLINT,
    amoppurpose VARCHAR, amopopr BIGINT, amopmethod BIGINT, amopsortfamily BIGINT)
pg_amproc(oid BIGINT, amprocfamily BIGINT, amproclefttype BIGINT, amprocrighttype BIGINT, amprocnum SMALLINT,
    amproc BIGINT)
pg_parameter_acl(oid BIGINT, parname VARCHAR, paracl VARCHAR[])
pg_aggregate(aggfnoid BIGINT, aggkind VARCHAR, aggnumdirectargs SMALLINT, aggtransfn VARCHAR)
pg_auth_members(roleid BIGINT, member BIGINT, grantor BIGINT, admin_option BOOLEAN)
pg_default_acl(oid BIGINT, defaclrole BIGINT, defaclnamespace BIGINT, defaclobjtype VARCHAR, defaclacl VARCHAR[])
pg_db_role_setting(setdatabase BIGINT, setrole BIGINT, setconfig VARCHAR[])
pg_conversion(oid BIGINT, conname VARCHAR, connamespace BIGINT, conowner BIGINT, conforencoding INTEGER,
    contoencoding INTEGER, conproc VARCHAR, condefault BOOLEAN)
pg_ts_config(oid BIGINT, cfgname VARCHAR, cfgnamespace BIGINT, cfgowner BIGINT, cfgparser BIGINT)
pg_ts_dict(oid BIGINT, dictname VARCHAR, dictnamespace BIGINT, dictowner BIGINT, dicttemplate BIGINT)
pg_ts_parser(oid BIGINT, prsname VARCHAR, prsnamespace BIGINT, prsstart BIGINT, prstoken BIGINT, prsend BIGINT,
    prsheadline BIGINT, prslextype BIGINT)
pg_ts_template(oid BIGINT, tmplname VARCHAR, tmplnamespace BIGINT, tmplinit BIGINT, tmpllexize BIGINT)
pg_locks(locktype VARCHAR, database BIGINT, relation BIGINT, pid INTEGER, mode VARCHAR, granted BOOLEAN)
pg_stat_activity(datid BIGINT, datname VARCHAR, pid INTEGER, usesysid BIGINT, usename VARCHAR,
    application_name VARCHAR, client_addr VARCHAR, client_hostname VARCHAR, client_port INTEGER,
    backend_start TIMESTAMPTZ, xact_start TIMESTAMPTZ, query_start TIMESTAMPTZ, state_change TIMESTAMPTZ,
    wait_event_type VARCHAR, wait_event VARCHAR, state VARCHAR, backend_xid BIGINT, backend_xmin BIGINT,
    query_id BIGINT, query VARCHAR, backend_type VARCHAR)
pg_stat_user_tables(relid BIGINT, schemaname VARCHAR, relname VARCHAR, seq_scan BIGINT, n_live_tup BIGINT,
    n_dead_tup BIGINT)
pg_prepared_xacts(transaction BIGINT, gid VARCHAR, prepared TIMESTAMPTZ, owner VARCHAR, database VARCHAR)
pg_timezone_names(name VARCHAR, abbrev VARCHAR, utc_offset INTERVAL, is_dst BOOLEAN)
pg_largeobject_metadata(oid BIGINT, lomowner BIGINT, lomacl VARCHAR[])
pg_seclabel(objoid BIGINT, classoid BIGINT, objsubid INTEGER, provider VARCHAR, label VARCHAR)
"""

_VIEWS = """
pg_keywords: SELECT keyword_name AS word, upper(left(keyword_category, 1)) AS catcode, true AS barelabel,
    keyword_category AS catdesc, '' AS baredesc FROM duckdb_keywords()
pg_authid: FROM {pg}.pg_roles
pg_user: SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper,
    rolreplication AS userepl, rolbypassrls AS usebypassrls, NULL::VARCHAR AS passwd, rolvaliduntil AS valuntil,
    rolconfig AS useconfig FROM {pg}.pg_roles
pg_group: SELECT rolname AS groname, oid AS grosysid, []::BIGINT[] AS grolist FROM {pg}.pg_roles WHERE false
pg_tables: SELECT n.nspname AS schemaname, c.relname AS tablename, {owner} AS tableowner, NULL::VARCHAR AS tablespace,
    c.relhasindex AS hasindexes, false AS hasrules, false AS hastriggers, false AS rowsecurity
    FROM {pg}.pg_class c JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
pg_views: SELECT n.nspname AS schemaname, c.relname AS viewname, {owner} AS viewowner, d.definition
    FROM {pg}.pg_class c JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN {pg}.pg_definitions d ON d.oid = c.oid WHERE c.relkind = 'v'
pg_matviews: SELECT schemaname, viewname AS matviewname, viewowner AS matviewowner, definition FROM {pg}.pg_views
    WHERE false
pg_indexes: SELECT n.nspname AS schemaname, t.relname AS tablename, c.relname AS indexname,
    NULL::VARCHAR AS tablespace, d.definition AS indexdef FROM {pg}.pg_index i
    JOIN {pg}.pg_class c ON c.oid = i.indexrelid JOIN {pg}.pg_class t ON t.oid = i.indrelid
    JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN {pg}.pg_definitions d ON d.oid = c.oid
"""

_INFORMATION = """
schemata: SELECT {database} AS catalog_name, nspname AS schema_name, {owner} AS schema_owner,
    NULL::VARCHAR AS default_character_set_catalog, NULL::VARCHAR AS default_character_set_schema,
    NULL::VARCHAR AS default_character_set_name, NULL::VARCHAR AS sql_path FROM {pg}.pg_namespace
tables: SELECT {database} AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
    CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type,
    NULL::VARCHAR AS self_referencing_column_name, NULL::VARCHAR AS reference_generation,
    CASE c.relkind WHEN 'v' THEN 'NO' ELSE 'YES' END AS is_insertable_into, 'NO' AS is_typed,
    NULL::VARCHAR AS commit_action
    FROM {pg}.pg_class c JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v')
views: SELECT {database} AS table_catalog, schemaname AS table_schema, viewname AS table_name,
    definition AS view_definition, 'NONE' AS check_option, 'NO' AS is_updatable, 'NO' AS is_insertable_into
    FROM {pg}.pg_views
columns: SELECT {database} AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
    a.attname AS column_name, a.attnum::INTEGER AS ordinal_position, d.adbin AS column_default,
    CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
    CASE WHEN t.typelem <> 0 THEN 'ARRAY' ELSE format_type(a.atttypid, NULL) END AS data_type,
    NULL::INTEGER AS character_maximum_length, NULL::INTEGER AS character_octet_length,
    CASE t.typname WHEN 'int2' THEN 16 WHEN 'int4' THEN 32 WHEN 'int8' THEN 64 WHEN 'float4' THEN 24
        WHEN 'float8' THEN 53 WHEN 'numeric' THEN CASE WHEN a.atttypmod > 0 THEN (a.atttypmod - 4) >> 16 END END
        ::INTEGER AS numeric_precision,
    CASE WHEN t.typname IN ('int2', 'int4', 'int8', 'float4', 'float8') THEN 2 WHEN t.typname = 'numeric' THEN 10 END
        ::INTEGER AS numeric_precision_radix,
    CASE WHEN t.typname IN ('int2', 'int4', 'int8') THEN 0
        WHEN t.typname = 'numeric' AND a.atttypmod > 0 THEN (a.atttypmod - 4) & 65535 END::INTEGER AS numeric_scale,
    CASE WHEN t.typcategory IN ('D', 'T') THEN 6 END::INTEGER AS datetime_precision,
    NULL::VARCHAR AS interval_type, NULL::VARCHAR AS character_set_name, NULL::VARCHAR AS collation_name,
    NULL::VARCHAR AS domain_name, {database} AS udt_catalog, 'pg_catalog' AS udt_schema, t.typname AS udt_name,
    a.attnum::VARCHAR AS dtd_identifier, 'NO' AS is_self_referencing, 'NO' AS is_identity,
    NULL::VARCHAR AS identity_generation, 'NEVER' AS is_generated, NULL::VARCHAR AS generation_expression,
    CASE c.relkind WHEN 'v' THEN 'NO' ELSE 'YES' END AS is_updatable
    FROM {pg}.pg_attribute a JOIN {pg}.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'v')
    JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace JOIN {pg}.pg_type t ON t.oid = a.atttypid
    LEFT JOIN {pg}.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
table_constraints: SELECT {database} AS constraint_catalog, n.nspname AS constraint_schema,
    k.conname AS constraint_name, {database} AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
    CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'CHECK' END AS constraint_type, 'NO' AS is_deferrable,
    'NO' AS initially_deferred, 'YES' AS enforced FROM {pg}.pg_constraint k JOIN {pg}.pg_class c ON c.oid = k.conrelid
    JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace
key_column_usage: SELECT {database} AS constraint_catalog, n.nspname AS constraint_schema,
    k.conname AS constraint_name, {database} AS table_catalog, n.nspname AS table_schema, c.relname AS table_name,
    a.attname AS column_name, list_position(k.conkey, a.attnum)::INTEGER AS ordinal_position,
    NULL::INTEGER AS position_in_unique_constraint FROM {pg}.pg_constraint k
    JOIN {pg}.pg_class c ON c.oid = k.conrelid JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace
    JOIN {pg}.pg_attribute a ON a.attrelid = c.oid AND list_contains(k.conkey, a.attnum) WHERE k.contype = 'p'
constraint_column_usage: SELECT {database} AS table_catalog, table_schema, table_name, column_name,
    {database} AS constraint_catalog, constraint_schema, constraint_name FROM {information}.key_column_usage
check_constraints: SELECT {database} AS constraint_catalog, n.nspname AS constraint_schema,
    k.conname AS constraint_name, k.consrc AS check_clause FROM {pg}.pg_constraint k
    JOIN {pg}.pg_namespace n ON n.oid = k.connamespace WHERE k.contype = 'c'
referential_constraints: SELECT constraint_catalog, constraint_schema, constraint_name,
    constraint_catalog AS unique_constraint_catalog, constraint_schema AS unique_constraint_schema,
    constraint_name AS unique_constraint_name, 'NONE' AS match_option, 'NO ACTION' AS update_rule,
    'NO ACTION' AS delete_rule FROM {information}.key_column_usage WHERE false
sequences: SELECT {database} AS sequence_catalog, schemaname AS sequence_schema, sequencename AS sequence_name,
    data_type FROM {pg}.pg_sequences
routines: SELECT {database} AS routine_catalog, '' AS routine_schema, proname AS routine_name, '' AS specific_name,
    'FUNCTION' AS routine_type, '' AS data_type FROM {pg}.pg_proc
table_privileges: SELECT {owner} AS grantor, {owner} AS grantee, table_catalog, table_schema, table_name,
    'SELECT' AS privilege_type, 'NO' AS is_grantable, 'YES' AS with_hierarchy FROM {information}.tables
character_sets: SELECT NULL::VARCHAR AS character_set_catalog, NULL::VARCHAR AS character_set_schema,
    'UTF8' AS character_set_name
triggers: SELECT {database} AS trigger_catalog, '' AS trigger_schema, tgname AS trigger_name,
    '' AS event_object_schema, '' AS event_object_table FROM {pg}.pg_trigger
"""

_HELPERS = """
definitions__: SELECT oid AS oid__, definition AS definition__ FROM {pg}.pg_definitions
namespaces__: SELECT oid AS oid__, nspname AS name__ FROM {pg}.pg_namespace
functions__: SELECT oid AS oid__, name AS name__, arguments AS arguments__, result AS result__
    FROM {pg}.pg_signatures
roles__: SELECT oid AS oid__, rolname AS name__ FROM {pg}.pg_roles
classes__: SELECT c.oid AS oid__, c.relname AS name__, n.nspname AS schema__,
    c.relnamespace IN (11, h.namespace) AS is_here__ FROM {pg}.pg_class c
    JOIN {pg}.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN {pg}.pg_here h
settings__: SELECT lower(name) AS name__, setting AS setting__ FROM {pg}.pg_settings
columns__: SELECT attrelid AS oid__, attnum AS number__, attname AS column__ FROM {pg}.pg_attribute
types__: SELECT t.oid AS oid__, t.typname AS name__, coalesce(d.definition, t.typname) AS full_name__,
    t.typelem AS item__, i.definition AS item_name__ FROM {pg}.pg_type t
    LEFT JOIN {pg}.pg_definitions d ON d.oid = t.oid LEFT JOIN {pg}.pg_definitions i ON i.oid = t.typelem
"""
"""What the functions look into: their columns have names that no query has, or the query's would be taken for them."""

_MACROS = """
pg_get_definition(o) := (SELECT definition__ FROM {pg}.definitions__ WHERE oid__ = o)
format_type(o, m) := (CASE WHEN o IS NULL THEN NULL ELSE coalesce((SELECT CASE
    WHEN item__ <> 0 THEN item_name__ || '[]'
    WHEN name__ = 'numeric' AND m > 0 THEN 'numeric(' || ((m - 4) >> 16) || ',' || ((m - 4) & 65535) || ')'
    ELSE full_name__ END FROM {pg}.types__ WHERE oid__ = o), '???') END)
pg_get_constraintdef(o) := pg_get_definition(o), (o, p) := pg_get_definition(o)
pg_get_viewdef(o) := pg_get_definition(o), (o, p) := pg_get_definition(o)
pg_get_indexdef(o) := pg_get_definition(o),
    (o, n, p) := CASE WHEN n = 0 THEN pg_get_definition(o) ELSE (SELECT column__ FROM {pg}.columns__
        WHERE oid__ = o AND number__ = n) END
pg_get_expr(e, r) := e, (e, r, p) := e
pg_table_is_visible(o) := (SELECT is_here__ FROM {pg}.classes__ WHERE oid__ = o)
pg_type_is_visible(o) := true
pg_function_is_visible(o) := true
pg_operator_is_visible(o) := true
pg_collation_is_visible(o) := true
pg_opclass_is_visible(o) := true
pg_conversion_is_visible(o) := true
pg_statistics_obj_is_visible(o) := true
pg_get_userbyid(o) := (SELECT name__ FROM {pg}.roles__ WHERE oid__ = o)
quote_ident(n) := CASE WHEN regexp_full_match(n, '[a-z_][a-z0-9_$]*') THEN n
    ELSE '"' || replace(n, '"', '""') || '"' END
quote_literal(n) := '''' || replace(n::VARCHAR, '''', '''''') || ''''
class_of(n) := coalesce(TRY_CAST(n AS BIGINT), (SELECT coalesce(min(oid__) FILTER (WHERE is_here__), min(oid__))
    FROM {pg}.classes__ WHERE name__ = trim(split_part(n, '.', -1), '"')
    AND (NOT contains(n, '.') OR schema__ = trim(regexp_replace(n, '\\.[^.]*$', ''), '"'))))
class_name(o) := (SELECT CASE WHEN is_here__ THEN quote_ident(name__)
    ELSE quote_ident(schema__) || '.' || quote_ident(name__) END FROM {pg}.classes__ WHERE oid__ = o)
type_of(n) := coalesce(TRY_CAST(n AS BIGINT), (SELECT min(oid__) FROM {pg}.types__
    WHERE trim(split_part(n, '.', -1), '"') IN (name__, full_name__)))
namespace_of(n) := coalesce(TRY_CAST(n AS BIGINT), (SELECT min(oid__) FROM {pg}.namespaces__
    WHERE name__ = trim(n, '"')))
namespace_name(o) := (SELECT quote_ident(name__) FROM {pg}.namespaces__ WHERE oid__ = o)
role_of(n) := coalesce(TRY_CAST(n AS BIGINT), (SELECT min(oid__) FROM {pg}.roles__ WHERE name__ = trim(n, '"')))
current_setting(n) := (SELECT setting__ FROM {pg}.settings__ WHERE name__ = lower(n)),
    (n, m) := (SELECT setting__ FROM {pg}.settings__ WHERE name__ = lower(n))
array_remove(a, x) := list_filter(a, lambda y: y <> x)
to_regclass(n) := class_of(n)
to_regtype(n) := type_of(n)
to_regnamespace(n) := namespace_of(n)
to_regrole(n) := role_of(n)
obj_description(o) := NULL::VARCHAR, (o, c) := NULL::VARCHAR
shobj_description(o, c) := NULL::VARCHAR
col_description(o, n) := NULL::VARCHAR
pg_char_to_encoding(e) := 6
pg_encoding_to_char(e) := CASE WHEN e = 6 THEN 'UTF8' ELSE '' END
pg_get_partkeydef(o) := NULL::VARCHAR
pg_get_ruledef(o) := NULL::VARCHAR, (o, p) := NULL::VARCHAR
pg_get_triggerdef(o) := NULL::VARCHAR, (o, p) := NULL::VARCHAR
pg_get_functiondef(o) := pg_get_definition(o)
pg_get_function_result(o) := (SELECT result__ FROM {pg}.functions__ WHERE oid__ = o)
pg_get_function_arguments(o) := (SELECT arguments__ FROM {pg}.functions__ WHERE oid__ = o)
pg_get_function_identity_arguments(o) := pg_get_function_arguments(o)
pg_get_function_sqlbody(o) := NULL::VARCHAR
function_of(n) := coalesce(TRY_CAST(n AS BIGINT), (SELECT min(oid__) FROM {pg}.functions__
    WHERE name__ = lower(trim(split_part(regexp_replace(n, '\\(.*', ''), '.', -1), '"'))))
pg_partition_ancestors(o) := NULL::BIGINT
pg_get_statisticsobjdef_columns(o) := NULL::VARCHAR
pg_get_serial_sequence(t, c) := NULL::VARCHAR
pg_relation_is_publishable(o) := false
pg_relation_size(o) := NULL::BIGINT, (o, f) := NULL::BIGINT
pg_total_relation_size(o) := NULL::BIGINT
pg_table_size(o) := NULL::BIGINT
pg_indexes_size(o) := NULL::BIGINT
pg_database_size(o) := NULL::BIGINT
pg_tablespace_size(o) := NULL::BIGINT
pg_tablespace_location(o) := ''
pg_stat_get_numscans(o) := 0::BIGINT
pg_is_in_recovery() := false
pg_is_other_temp_schema(o) := false
pg_my_temp_schema() := 0::BIGINT
pg_backend_pid() := 0
pg_conf_load_time() := now()
pg_postmaster_start_time() := now()
pg_advisory_unlock_all() := NULL::VARCHAR
txid_current() := 1::BIGINT
inet_server_addr() := NULL::VARCHAR
inet_server_port() := NULL::INTEGER
inet_client_addr() := NULL::VARCHAR
inet_client_port() := NULL::INTEGER
has_table_privilege(o, p) := true, (u, o, p) := true
has_any_column_privilege(o, p) := true, (u, o, p) := true
has_column_privilege(o, c, p) := true, (u, o, c, p) := true
has_schema_privilege(o, p) := true, (u, o, p) := true
has_database_privilege(o, p) := true, (u, o, p) := true
has_function_privilege(o, p) := true, (u, o, p) := true
has_sequence_privilege(o, p) := true, (u, o, p) := true
has_type_privilege(o, p) := true, (u, o, p) := true
has_language_privilege(o, p) := true, (u, o, p) := true
has_tablespace_privilege(o, p) := true, (u, o, p) := true
pg_has_role(o, p) := true, (u, o, p) := true
_pg_expandarray(a) := unnest(list_transform(range(1, len(a) + 1), lambda i: {{'x': a[i], 'n': i}}))
array_upper(a, d) := CASE WHEN d = 1 THEN nullif(len(a), 0) END
array_lower(a, d) := CASE WHEN d = 1 AND len(a) > 0 THEN 1 END
"""
_ENTRY = re.compile(r"^(?=\w)", re.MULTILINE)
_NAME = re.compile(r"\w+")


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in _ENTRY.split(text) if entry.strip()]


def _first(entry: str) -> str:
    found = _NAME.match(entry)
    assert found
    return found.group()


PG_TABLES = frozenset(_first(entry) for entry in _entries(_FILLED + _FIXED + _EMPTY + _VIEWS)) - {
    "pg_definitions",
    "pg_here",
    "pg_signatures",
}
FILLED_TABLES = tuple(_first(entry) for entry in _entries(_FILLED))
INFORMATION_TABLES = frozenset(_first(entry) for entry in _entries(_INFORMATION))
FUNCTIONS = frozenset(_first(entry) for entry in _entries(_MACROS))


def statements(database: str, owner: str) -> list[str]:
    """What makes the scratch database; ``database`` and ``owner`` are SQL for what these are called."""
    made = [f"CREATE SCHEMA {PG}", f"CREATE SCHEMA {INFORMATION}"]
    for entry in _entries(_FILLED + _FIXED + _EMPTY):
        head, _, rows = entry.partition("\n    = ") if "\n    = " in entry else entry.partition(") = ")
        head = head if head.endswith(")") else f"{head})"
        made.append(f"CREATE TABLE {PG}.{head}")
        if rows:
            made.append(f"INSERT INTO {PG}.{_first(entry)} VALUES {rows}")
    named = {"{pg}": PG, "{information}": INFORMATION, "{database}": database, "{owner}": owner}
    made += _views(PG, _HELPERS, named)
    made += [f"CREATE MACRO {_placed(entry, named).replace(':=', 'AS')}" for entry in _entries(_MACROS)]
    return made + _views(PG, _VIEWS, named) + _views(INFORMATION, _INFORMATION, named)


def _views(schema: str, entries: str, named: dict[str, str]) -> list[str]:
    parts = [entry.partition(":") for entry in _entries(entries)]
    return [f"CREATE VIEW {schema}.{name} AS {_placed(query, named)}" for name, _, query in parts]


def _placed(text: str, named: dict[str, str]) -> str:
    for name, value in named.items():
        text = text.replace(name, value)
    return text.replace("{{", "{").replace("}}", "}")
