#pragma once
// pkg-config's flags name the folder that holds the header.
#include <errno.h>
#include <modbus.h>
