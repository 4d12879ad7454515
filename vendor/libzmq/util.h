/* Small helpers: zmq_atomic_counter_new(3), zmq_atomic_counter_set(3), zmq_atomic_counter_inc(3),
   zmq_atomic_counter_dec(3), zmq_atomic_counter_value(3), zmq_atomic_counter_destroy(3),
   zmq_timers(3). The stopwatch, the sleep and the threads have no page. */

void *zmq_atomic_counter_new(void);
void zmq_atomic_counter_set(void *counter, int value);
int zmq_atomic_counter_inc(void *counter);
int zmq_atomic_counter_dec(void *counter);
int zmq_atomic_counter_value(void *counter);
void zmq_atomic_counter_destroy(void **counter_p);

typedef void(zmq_timer_fn)(int timer_id, void *arg);

void *zmq_timers_new(void);
int zmq_timers_destroy(void **timers_p);
int zmq_timers_add(void *timers, size_t interval, zmq_timer_fn handler, void *arg);
int zmq_timers_cancel(void *timers, int timer_id);
int zmq_timers_set_interval(void *timers, int timer_id, size_t interval);
int zmq_timers_reset(void *timers, int timer_id);
long zmq_timers_timeout(void *timers);
int zmq_timers_execute(void *timers);

/* Microseconds since the start; stopping frees the watch. */
void *zmq_stopwatch_start(void);
unsigned long zmq_stopwatch_intermediate(void *watch);
unsigned long zmq_stopwatch_stop(void *watch);

void zmq_sleep(int seconds);

typedef void(zmq_thread_fn)(void *arg);

/* Closing a thread waits for its end. */
void *zmq_threadstart(zmq_thread_fn *func, void *arg);
void zmq_threadclose(void *thread);
