// Connections that wait for a time without a thread.
#pragma once

#include <microhttpd.h>
#include <stdint.h>

// timer_start starts the thread that wakes connections.
void timer_start(void);

// timer_suspend suspends the connection for the milliseconds; its handler is called
// again afterwards. It returns 0 where the server stops already, with the connection
// not suspended.
int timer_suspend(struct MHD_Connection *connection, int64_t ms);

// timer_stop wakes all connections that wait, and ends the thread.
void timer_stop(void);
