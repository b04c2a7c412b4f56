#include <nss.h>
#include <pcap/pcap.h>
