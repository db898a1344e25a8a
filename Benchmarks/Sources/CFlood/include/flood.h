// A pair of datagram sockets that carry frames as the kernel's CAN sockets do, and one who fills it as fast as it takes them.
// Shared by the suite and its peers, so that both receive the same.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <linux/can.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/// Both ends; the receiver's does not block. Returns 0, or -1.
int flood_pair(int *sender, int *receiver);

/// Begins to send `count` classic frames with identifiers 0, 1, ... 7FF, 0, ... on a thread of its own.
void flood_start(int sender, unsigned long count);
