# Every table that is shipped; tests run over the same list.
set(VS_TABLES
  fixed sized
  rcu-array rcu-array-section rcu-array-call rcu-array-expedited rcu-array-double
  rcu-array-prealloc srcu-array srcu-array-index rwlock-array mutex-array move-request
  chunked chunked-2level list list-of-arrays tree xarray)
