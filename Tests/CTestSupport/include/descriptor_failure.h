// A system that has no descriptor left, as far as this program's own calls of eventfd(2) go.
#pragma once
#include <stdbool.h>

// From now on eventfd(2) fails with EMFILE in this process, or does not any more. Nothing under the thread sanitizer.
void iiot_refuse_eventfd(bool refused);
