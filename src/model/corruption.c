/* SPDX-License-Identifier: MIT */
/* Corrupted inputs (Vincent et al., 2010): the network sees these and is asked for the clean ones.
 *     gaussian         x + amount * N(0, 1), not clipped
 *     masking          0 with probability `amount`
 *     salt-and-pepper  0 or 1 with probability `amount`, each half of the time
 *     downsample       blocks of factor x factor pixels become their mean
 *     inpaint          a square of hole x hole pixels becomes 0.5: in the centre, or anywhere */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "model/config.h"

/* What is corrupted: images [batch, height, width, channels]. */
struct scene {
    struct fig_graph *graph;
    struct fig_node *images;
    int batch, height, width, channels;
};

static struct fig_node *gaussian(const struct scene *scene, const struct corruption *corruption)
{
    struct fig_node *x = scene->images;
    struct fig_node *noise = fig_normal(scene->graph, fig_node_shape(x), STREAM_AUGMENT);
    return fig_add(x, fig_affine(noise, corruption->amount, 0));
}

static struct fig_node *masking(const struct scene *scene, const struct corruption *corruption)
{
    struct fig_node *x = scene->images;
    struct fig_node *draw = fig_uniform(scene->graph, fig_node_shape(x), STREAM_AUGMENT);
    return fig_mul(x, fig_keep(draw, corruption->amount, 1));
}

static struct fig_node *salt_and_pepper(const struct scene *scene,
                                        const struct corruption *corruption)
{
    struct fig_node *x = scene->images;
    struct fig_node *draw = fig_uniform(scene->graph, fig_node_shape(x), STREAM_AUGMENT);
    struct fig_node *clean = fig_keep(draw, corruption->amount, 1); /* 0 where the value is lost */
    struct fig_node *above_pepper = fig_keep(draw, corruption->amount / 2, 1);
    return fig_add(fig_mul(x, clean), fig_sub(above_pepper, clean));
}

static struct fig_node *downsample(const struct scene *scene, const struct corruption *corruption)
{
    const int factor = corruption->factor;
    return fig_upsample(fig_avgpool(scene->images, factor, factor), factor);
}

/* --- Holes */

/* Row (or column) of every pixel: [height * width]. */
static struct fig_node *coordinates(const struct scene *scene, bool rows)
{
    const int pixels = scene->height * scene->width;
    double *values = malloc((size_t)pixels * sizeof(*values));
    for (int i = 0; values && i < pixels; i++)
        values[i] = rows ? i / scene->width : i % scene->width;
    struct fig_node *node =
        values ? fig_values(scene->graph, fig_shape1(pixels), values) : NULL;
    free(values);
    return node;
}

/* Where holes begin, each above -1 and at most at `last`, so that whole numbers from there on are
 * 0 to `last` with equal chances; or all at the centre.  [batch, 1] */
static struct fig_node *beginnings(const struct scene *scene, bool centre, int last,
                                   uint32_t stream)
{
    const struct fig_shape column = fig_shape2(scene->batch, 1);
    if (centre)
        return fig_constant(scene->graph, column, last / 2);
    return fig_affine(fig_uniform(scene->graph, column, stream), -(last + 1), last);
}

/* 1 where begin <= coordinate < begin + hole: [batch, height * width]. */
static struct fig_node *within(struct fig_node *coordinate, struct fig_node *begin,
                               struct fig_shape shape, int hole)
{
    struct fig_node *distance = fig_sub(fig_broadcast(coordinate, shape),
                                        fig_broadcast(begin, shape));
    return fig_sub(fig_keep(distance, 0, 1), fig_keep(distance, hole, 1));
}

static struct fig_node *inpaint(const struct scene *scene, const struct corruption *corruption)
{
    const int hole = corruption->hole, pixels = scene->height * scene->width;
    const struct fig_shape flat = fig_shape2(scene->batch, pixels);
    const struct fig_shape values = fig_shape2(scene->batch * pixels, scene->channels);
    struct fig_node *top = beginnings(scene, corruption->centre, scene->height - hole,
                                      STREAM_AUGMENT);
    struct fig_node *left = beginnings(scene, corruption->centre, scene->width - hole,
                                       STREAM_AUGMENT + 1);
    struct fig_node *inside = fig_mul(within(coordinates(scene, true), top, flat, hole),
                                      within(coordinates(scene, false), left, flat, hole));
    inside = fig_broadcast(fig_reshape(inside, fig_shape2(scene->batch * pixels, 1)), values);
    struct fig_node *x = fig_reshape(scene->images, values);
    x = fig_add(x, fig_mul(inside, fig_affine(x, -1, 0.5)));
    return fig_reshape(x, fig_node_shape(scene->images));
}

/* --- Configurations */

enum { CORRUPTION_KEYS = 4, SIDE_MOST = 1 << 12 };

static const char *const names[] = {
    [CORRUPTION_NONE] = "none", [CORRUPTION_GAUSSIAN] = "gaussian",
    [CORRUPTION_MASKING] = "masking", [CORRUPTION_SALT_AND_PEPPER] = "salt-and-pepper",
    [CORRUPTION_DOWNSAMPLE] = "downsample", [CORRUPTION_INPAINT] = "inpaint", NULL,
};

static const struct {
    struct fig_node *(*apply)(const struct scene *scene, const struct corruption *corruption);
    const char *keys[CORRUPTION_KEYS];
    double most; /* the largest amount */
} kinds[] = {
    [CORRUPTION_NONE] = { NULL, { "name" }, 0 },
    [CORRUPTION_GAUSSIAN] = { gaussian, { "name", "amount" }, INFINITY },
    [CORRUPTION_MASKING] = { masking, { "name", "amount" }, 1 },
    [CORRUPTION_SALT_AND_PEPPER] = { salt_and_pepper, { "name", "amount" }, 1 },
    [CORRUPTION_DOWNSAMPLE] = { downsample, { "name", "factor" }, 0 },
    [CORRUPTION_INPAINT] = { inpaint, { "name", "hole", "place" }, 0 },
};

static enum fig_status read_amount(struct corruption *corruption, const struct yaml *map)
{
    const struct yaml_range range = { .high = kinds[corruption->kind].most, .above = true,
                                      .below = true };
    const struct yaml *amount;
    TRY(yaml_require(map, "amount", &amount));
    return yaml_number(amount, &range, &corruption->amount);
}

static enum fig_status read_factor(struct corruption *corruption, const struct yaml *map)
{
    const struct yaml *factor;
    TRY(yaml_require(map, "factor", &factor));
    return yaml_int(factor, 2, SIDE_MOST, &corruption->factor);
}

static enum fig_status read_hole(struct corruption *corruption, const struct yaml *map,
                                 struct document *document)
{
    static const char *const places[] = { "anywhere", "centre", NULL };
    const struct yaml *hole, *given = yaml_find(map, "place");
    int place = 0;
    TRY(yaml_require(map, "hole", &hole));
    TRY(yaml_int(hole, 1, SIDE_MOST, &corruption->hole));
    TRY(yaml_choice(given, places, &place));
    corruption->centre = place == 1;
    return put_word(document, given, "corruption.place", places[place]);
}

enum fig_status read_corruption(struct fig_config *config, const struct yaml *root)
{
    struct corruption *corruption = &config->corruption;
    const struct yaml *map = yaml_find(root, "corruption"), *name;
    int kind = CORRUPTION_NONE;
    if (!map)
        return FIG_OK;
    TRY(yaml_expect(map, YAML_MAP));
    TRY(yaml_require(map, "name", &name));
    TRY(yaml_choice(name, names, &kind));
    TRY(yaml_known(map, kinds[kind].keys));
    corruption->kind = (enum corruption_kind)kind;
    corruption->at = map;
    switch (corruption->kind) {
    case CORRUPTION_NONE:
        return FIG_OK;
    case CORRUPTION_DOWNSAMPLE:
        return read_factor(corruption, map);
    case CORRUPTION_INPAINT:
        return read_hole(corruption, map, &config->document);
    case CORRUPTION_GAUSSIAN:
    case CORRUPTION_MASKING:
    case CORRUPTION_SALT_AND_PEPPER:
        break;
    }
    return read_amount(corruption, map);
}

enum fig_status check_corruption(const struct corruption *corruption,
                                 const struct fig_model_params *params)
{
    const int height = params->height, width = params->width;
    if (corruption->kind == CORRUPTION_DOWNSAMPLE &&
        (height % corruption->factor || width % corruption->factor))
        return yaml_fail(corruption->at, "downsample by %d: expected samples whose sides it "
                         "divides, found %dx%d", corruption->factor, height, width);
    if (corruption->kind == CORRUPTION_INPAINT &&
        (corruption->hole > height || corruption->hole > width))
        return yaml_fail(corruption->at, "inpaint: a hole of %dx%d: expected one that fits into a "
                         "sample, %dx%d", corruption->hole, corruption->hole, height, width);
    return FIG_OK;
}

enum fig_status corrupt(const struct corruption *corruption, struct fig_graph *graph,
                        struct fig_node *images, struct fig_node **out)
{
    const struct fig_shape shape = fig_node_shape(images);
    const struct scene scene = { graph, images, shape.dim[0], shape.dim[1], shape.dim[2],
                                 shape.dim[3] };
    *out = images;
    if (corruption->kind == CORRUPTION_NONE)
        return FIG_OK;
    *out = kinds[corruption->kind].apply(&scene, corruption);
    TRY(fig_graph_status(graph));
    return *out ? FIG_OK : fail(FIG_NOMEM, "no memory for the places of holes");
}
