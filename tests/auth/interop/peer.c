// A program without zmqlite: CURVE with czmq, its certificates and its authenticator.
//
//   peer write PATH                          makes a certificate, PATH and PATH_secret
//   peer client OWN SERVER ENDPOINT          sends one message to the server with that certificate
//   peer server OWN DIRECTORY ENDPOINT       lets in who has a certificate in the directory, and
//                                            prints where it is bound and what it received

#include <czmq.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s failed\n", what);
    return 1;
}

static int write_certificate(const char *path)
{
    zcert_t *own = zcert_new();
    zcert_set_meta(own, "name", "%s", "from czmq");
    int rc = zcert_save(own, path);
    zcert_destroy(&own);
    return rc ? fail("zcert_save") : 0;
}

static int client(const char *own_path, const char *server_path, const char *endpoint)
{
    zcert_t *own = zcert_load(own_path), *server = zcert_load(server_path);
    if (!own || !server)
        return fail("zcert_load");
    zsock_t *socket = zsock_new(ZMQ_PUSH);
    zcert_apply(own, socket);
    zsock_set_curve_serverkey(socket, zcert_public_txt(server));
    zsock_set_linger(socket, 2000);
    if (zsock_connect(socket, "%s", endpoint) || zstr_send(socket, "from czmq"))
        return fail("sending");
    zsock_destroy(&socket);
    zcert_destroy(&own);
    zcert_destroy(&server);
    return 0;
}

static int server(const char *own_path, const char *directory, const char *endpoint)
{
    zcert_t *own = zcert_load(own_path);
    if (!own)
        return fail("zcert_load");
    zactor_t *auth = zactor_new(zauth, NULL);
    zstr_sendx(auth, "CURVE", directory, NULL);
    zsock_wait(auth);
    zsock_t *socket = zsock_new(ZMQ_PULL);
    zcert_apply(own, socket);
    zsock_set_curve_server(socket, 1);
    zsock_set_zap_domain(socket, "global");
    zsock_set_rcvtimeo(socket, 20000);
    if (zsock_bind(socket, "%s", endpoint) < 0)
        return fail("zsock_bind");
    printf("bound %s\n", zsock_endpoint(socket));
    fflush(stdout);
    char *text = zstr_recv(socket);
    printf("received %s\n", text ? text : "nothing");
    zstr_free(&text);
    zsock_destroy(&socket);
    zactor_destroy(&auth);
    zcert_destroy(&own);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 3 && streq(argv[1], "write"))
        return write_certificate(argv[2]);
    if (argc == 5 && streq(argv[1], "client"))
        return client(argv[2], argv[3], argv[4]);
    if (argc == 5 && streq(argv[1], "server"))
        return server(argv[2], argv[3], argv[4]);
    return fail("the command");
}
