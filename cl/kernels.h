/* SPDX-License-Identifier: MIT */
/* Every kernel that is no chain of rows and no product: name, number of buffers, parameter block.
 * This list makes the kernels' numbers, the native table and the OpenCL driver's table. */
KERNEL(sum_rows, 2, matrix)     /* out[col] = sum over rows; one item a column */
KERNEL(sum_cols, 2, matrix)     /* out[row] = sum over columns; one item a row */
KERNEL(softmax, 2, matrix)      /* of each row; one item a row */
KERNEL(log_sum_exp, 2, matrix)  /* out[row]; one item a row */
KERNEL(copy, 2, copy)           /* one item an element */
KERNEL(uniform, 1, random)      /* multiples of 2^-24 in [0, 1); one item an element */
KERNEL(normal, 1, random)       /* N(0, 1); one item an element */
KERNEL(gather_bytes, 3, gather) /* out, bytes, order; one item an element of out */
KERNEL(gather_reals, 3, gather) /* out, reals, order; one item an element of out */
KERNEL(sgd, 2, optimizer)       /* w, g; one item an element, here and below */
KERNEL(momentum, 3, optimizer)  /* w, g, velocity */
KERNEL(nesterov, 3, optimizer)  /* w, g, velocity */
KERNEL(rmsprop, 3, optimizer)   /* w, g, mean square */
KERNEL(adagrad, 3, optimizer)   /* w, g, sum of squares */
KERNEL(adadelta, 4, optimizer)  /* w, g, mean square of g, mean square of updates */
KERNEL(adam, 4, optimizer)      /* w, g, first moment, second moment */
KERNEL(adamw, 4, optimizer)     /* w, g, first moment, second moment */
