/* SPDX-License-Identifier: MIT */
/* Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * Words 4 block .. 4 block + 3 of a stream at a step depend on nothing else.  One text for the
 * kernels, for the host and for every device: the same words everywhere. */
FN void philox(uint word[4], uint seed_low, uint seed_high, uint stream, uint step, uint block)
{
    uint k0 = seed_low, k1 = seed_high;
    word[0] = block;
    word[1] = step;
    word[2] = stream;
    word[3] = 0;
    for (int round = 0; round < 10; round++) {
        const uint high0 = mul_hi(0xD2511F53u, word[0]), low0 = 0xD2511F53u * word[0];
        const uint high1 = mul_hi(0xCD9E8D57u, word[2]), low1 = 0xCD9E8D57u * word[2];
        word[0] = high1 ^ word[1] ^ k0;
        word[1] = low1;
        word[2] = high0 ^ word[3] ^ k1;
        word[3] = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}
