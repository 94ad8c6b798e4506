/* SPDX-License-Identifier: MIT */
/* Softmax and log-sum-exp of rows, shifted by the row's maximum so that exp cannot overflow. */
FN real row_maximum(IN x, uint n)
{
    real most = x[0];
    for (uint k = 1; k < n; k++)
        most = x[k] > most ? x[k] : most;
    return most;
}

/* The sum of exp(x - shift). */
FN real sum_exp(IN x, real shift, uint n)
{
    real sum = 0;
    for (uint k = 0; k < n; k += LANES) {
        const uint some = n - k < LANES ? n - k : LANES;
        real e[LANES];
        for (uint j = 0; j < some; j++)
            e[j] = exp(x[k + j] - shift);
        for (uint j = 0; j < some; j++)
            sum += e[j];
    }
    return sum;
}

KERNEL2(softmax, OUT out, IN in, matrix)
{
    EACH(row) {
        IN x = in + (size_t)row * p.cols;
        OUT y = out + (size_t)row * p.cols;
        const real most = row_maximum(x, p.cols);
        const real scale = 1 / sum_exp(x, most, p.cols);
        for (uint k = 0; k < p.cols; k++)
            y[k] = exp(x[k] - most) * scale;
    }
}

/* An infinite maximum is the result itself; inf - inf would make it NaN. */
KERNEL2(log_sum_exp, OUT out, IN in, matrix)
{
    EACH(row) {
        IN x = in + (size_t)row * p.cols;
        const real most = row_maximum(x, p.cols);
        const real shift = most - most == 0 ? most : 0;
        out[row] = shift + log(sum_exp(x, shift, p.cols));
    }
}
