#ifndef COUNTER_H
#define COUNTER_H

void counter_add(void);
void counter_cas(void);
void counter_hope(void);
unsigned long long counter_added(void);
unsigned long long counter_swapped(void);
unsigned long long counter_hoped(void);

#endif
