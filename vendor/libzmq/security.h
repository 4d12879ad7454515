/* Keys and Z85: zmq_curve_keypair(3), zmq_curve_public(3), zmq_z85_encode(3), zmq_z85_decode(3). */

int zmq_curve_keypair(char *z85_public_key, char *z85_secret_key);
int zmq_curve_public(char *z85_public_key, const char *z85_secret_key);
char *zmq_z85_encode(char *dest, const uint8_t *data, size_t size);
uint8_t *zmq_z85_decode(uint8_t *dest, const char *string);
