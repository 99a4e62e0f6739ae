#include "textflag.h"

// The two digests of a round are independent, so that a core works on one while the
// other waits for its result: SHA256RNDS2 takes four cycles, and a core begins one every two.
//
// Of each digest A has the words A B E F of the state, and B the words C D G H, the first
// one uppermost: what the instructions want. X0 is their third operand.

// QUAD does four rounds of one digest with the next four words of its message, m0.
#define QUAD(k, a, b, m0) \
	MOVOU k*16(R8), X0; \
	PADDD m0, X0; \
	SHA256RNDS2 X0, a, b; \
	PSHUFD $0x0e, X0, X0; \
	SHA256RNDS2 X0, b, a

// NEXT makes of sixteen words of the message the four that come next, in m0.
#define NEXT(m0, m1, m2, m3) \
	MOVO m3, X13; \
	PALIGNR $4, m2, X13; \
	SHA256MSG1 m1, m0; \
	PADDD X13, m0; \
	SHA256MSG2 m3, m0

// BOTH does QUAD and NEXT for both digests, which have their messages in X3 to X6 and X9 to X12.
#define BOTH(k, m0, m1, m2, m3, n0, n1, n2, n3) \
	QUAD(k, X1, X2, m0); \
	QUAD(k, X7, X8, n0); \
	NEXT(m0, m1, m2, m3); \
	NEXT(n0, n1, n2, n3)

#define LAST(k, m0, n0) \
	QUAD(k, X1, X2, m0); \
	QUAD(k, X7, X8, n0)

// WORD reads four words of a message, which are big-endian.
#define WORD(i, p, m) \
	MOVOU i*16(p), m; \
	PSHUFB X14, m

// func blocks2(a, b *state, p, q *byte, n int)
TEXT ·blocks2(SB), NOSPLIT, $64-40
	MOVQ a+0(FP), AX
	MOVQ b+8(FP), BX
	MOVQ p+16(FP), SI
	MOVQ q+24(FP), DI
	MOVQ n+32(FP), CX
	LEAQ rounds<>(SB), R8
	MOVOU swap<>(SB), X14
	MOVOU 0(AX), X1
	MOVOU 16(AX), X2
	MOVOU 0(BX), X7
	MOVOU 16(BX), X8

block:
	MOVOU X1, 0(SP)
	MOVOU X2, 16(SP)
	MOVOU X7, 32(SP)
	MOVOU X8, 48(SP)

	WORD(0, SI, X3)
	WORD(1, SI, X4)
	WORD(2, SI, X5)
	WORD(3, SI, X6)
	WORD(0, DI, X9)
	WORD(1, DI, X10)
	WORD(2, DI, X11)
	WORD(3, DI, X12)
	BOTH(0, X3, X4, X5, X6, X9, X10, X11, X12)
	BOTH(1, X4, X5, X6, X3, X10, X11, X12, X9)
	BOTH(2, X5, X6, X3, X4, X11, X12, X9, X10)
	BOTH(3, X6, X3, X4, X5, X12, X9, X10, X11)
	BOTH(4, X3, X4, X5, X6, X9, X10, X11, X12)
	BOTH(5, X4, X5, X6, X3, X10, X11, X12, X9)
	BOTH(6, X5, X6, X3, X4, X11, X12, X9, X10)
	BOTH(7, X6, X3, X4, X5, X12, X9, X10, X11)
	BOTH(8, X3, X4, X5, X6, X9, X10, X11, X12)
	BOTH(9, X4, X5, X6, X3, X10, X11, X12, X9)
	BOTH(10, X5, X6, X3, X4, X11, X12, X9, X10)
	BOTH(11, X6, X3, X4, X5, X12, X9, X10, X11)
	LAST(12, X3, X9)
	LAST(13, X4, X10)
	LAST(14, X5, X11)
	LAST(15, X6, X12)
	MOVOU 0(SP), X0
	PADDD X0, X1
	MOVOU 16(SP), X0
	PADDD X0, X2
	MOVOU 32(SP), X0
	PADDD X0, X7
	MOVOU 48(SP), X0
	PADDD X0, X8
	ADDQ $64, SI
	ADDQ $64, DI
	DECQ CX
	JNZ  block
	MOVOU X1, 0(AX)
	MOVOU X2, 16(AX)
	MOVOU X7, 0(BX)
	MOVOU X8, 16(BX)
	RET

// func features(leaf uint32) (a, b, c uint32)
TEXT ·features(SB), NOSPLIT, $0-20
	MOVL leaf+0(FP), AX
	XORL CX, CX
	CPUID
	MOVL AX, a+8(FP)
	MOVL BX, b+12(FP)
	MOVL CX, c+16(FP)
	RET

DATA swap<>+0(SB)/8, $0x0405060700010203
DATA swap<>+8(SB)/8, $0x0c0d0e0f08090a0b
GLOBL swap<>(SB), RODATA|NOPTR, $16

// The constants of the 64 rounds (FIPS 180-4, 4.2.2).
DATA rounds<>+0(SB)/8, $0x71374491428a2f98
DATA rounds<>+8(SB)/8, $0xe9b5dba5b5c0fbcf
DATA rounds<>+16(SB)/8, $0x59f111f13956c25b
DATA rounds<>+24(SB)/8, $0xab1c5ed5923f82a4
DATA rounds<>+32(SB)/8, $0x12835b01d807aa98
DATA rounds<>+40(SB)/8, $0x550c7dc3243185be
DATA rounds<>+48(SB)/8, $0x80deb1fe72be5d74
DATA rounds<>+56(SB)/8, $0xc19bf1749bdc06a7
DATA rounds<>+64(SB)/8, $0xefbe4786e49b69c1
DATA rounds<>+72(SB)/8, $0x240ca1cc0fc19dc6
DATA rounds<>+80(SB)/8, $0x4a7484aa2de92c6f
DATA rounds<>+88(SB)/8, $0x76f988da5cb0a9dc
DATA rounds<>+96(SB)/8, $0xa831c66d983e5152
DATA rounds<>+104(SB)/8, $0xbf597fc7b00327c8
DATA rounds<>+112(SB)/8, $0xd5a79147c6e00bf3
DATA rounds<>+120(SB)/8, $0x1429296706ca6351
DATA rounds<>+128(SB)/8, $0x2e1b213827b70a85
DATA rounds<>+136(SB)/8, $0x53380d134d2c6dfc
DATA rounds<>+144(SB)/8, $0x766a0abb650a7354
DATA rounds<>+152(SB)/8, $0x92722c8581c2c92e
DATA rounds<>+160(SB)/8, $0xa81a664ba2bfe8a1
DATA rounds<>+168(SB)/8, $0xc76c51a3c24b8b70
DATA rounds<>+176(SB)/8, $0xd6990624d192e819
DATA rounds<>+184(SB)/8, $0x106aa070f40e3585
DATA rounds<>+192(SB)/8, $0x1e376c0819a4c116
DATA rounds<>+200(SB)/8, $0x34b0bcb52748774c
DATA rounds<>+208(SB)/8, $0x4ed8aa4a391c0cb3
DATA rounds<>+216(SB)/8, $0x682e6ff35b9cca4f
DATA rounds<>+224(SB)/8, $0x78a5636f748f82ee
DATA rounds<>+232(SB)/8, $0x8cc7020884c87814
DATA rounds<>+240(SB)/8, $0xa4506ceb90befffa
DATA rounds<>+248(SB)/8, $0xc67178f2bef9a3f7
GLOBL rounds<>(SB), RODATA|NOPTR, $256
