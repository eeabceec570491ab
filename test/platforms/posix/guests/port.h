/* The port of the MPS as functions. */
extern void *port_arena(word size);
extern void port_protect(void *, word size, int mode);
extern void port_setup(void);
extern int port_register(void);
extern int port_suspend(int);
extern int port_resume(int);
extern int port_scan(int, void *cold);
extern int port_scan_self(void *cold);
extern void port_release(void *, word size);
