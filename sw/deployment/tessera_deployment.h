/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tessera_deployment.h
 * @brief The deployment format: a compiled network as the chip sees it, in one C11 header for host and target.
 *
 * A deployment is one little-endian image: td_header, then td_header.section_count entries of td_section, then the
 * sections, each 16-byte aligned. The platform maps the image at TD_ROM_BASE. TD_SECTION_CELLS comes last: it is
 * factory-programmed into the tiles, and in the ROM, too, if that is large enough. Every address inside a descriptor is
 * an absolute bus address.
 *
 * The three job descriptors (td_tile_job, td_vector_job, td_dma_job) are what the hardware blocks fetch from memory
 * when firmware writes a descriptor's address to their queue register. Section numbers and fields are only ever
 * appended; a reader refuses another major version.
 */
#ifndef TESSERA_DEPLOYMENT_H
#define TESSERA_DEPLOYMENT_H

#include <stdint.h>

#ifdef __cplusplus
#define TD_STATIC_ASSERT(condition, text) static_assert(condition, text)
extern "C" {
#else
#define TD_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define TD_MAGIC 0x52535354u /* "TSSR" */
#define TD_VERSION_MAJOR 1u
#define TD_VERSION_MINOR 3u /* 1: sums on analog lanes; 2: multicast; 3: td_region.coding */
#define TD_ROM_BASE 0x20000000u
#define TD_ROM_BYTES 0x01000000u /* its size */
#define TD_SRAM_BASE 0x90000000u
#define TD_DRAM_BASE 0xA0000000u /* external DRAM, on chips that have one */
#define TD_DRAM_MOST 0x40000000u /* bytes of it that addresses have room for */
#define TD_TILE_BASE 0x40000000u
#define TD_TILE_STRIDE 0x00010000u
/** Input buffer of a tile inside its aperture: a job may read its source from there, another tile may store to it. */
#define TD_TILE_INPUT_BUFFER_OFFSET 0x00008000u
/** Layer number, in a descriptor, of a job that the runtime itself makes (frames in, results out); -3 as int16_t. */
#define TD_LAYER_RUNTIME 0xFFFDu
/** Likewise of a job that calibrates converters; -5 as int16_t. */
#define TD_LAYER_CALIBRATION 0xFFFBu

typedef enum td_section_kind {
  TD_SECTION_MODEL = 1,       /* one td_model */
  TD_SECTION_TENSORS = 2,     /* td_tensor[] */
  TD_SECTION_LAYERS = 3,      /* td_layer[] */
  TD_SECTION_TILES = 4,       /* td_tile[]: the tiles that the deployment uses */
  TD_SECTION_REGIONS = 5,     /* td_region[]: rectangles of cells to program */
  TD_SECTION_CELLS = 6,       /* uint8_t levels, one per physical cell, as the regions say */
  TD_SECTION_COMMANDS = 7,    /* td_command[]: the schedule of one inference */
  TD_SECTION_TILE_JOBS = 8,   /* td_tile_job[] */
  TD_SECTION_VECTOR_JOBS = 9, /* td_vector_job[] */
  TD_SECTION_DMA_JOBS = 10,   /* td_dma_job[] */
  TD_SECTION_CPU_JOBS = 11,   /* td_cpu_job[] */
  TD_SECTION_CHANNELS = 12,   /* td_channel[]: bias and requantisation per output channel */
  TD_SECTION_CONSTANTS = 13,  /* bytes: depthwise weights and other data that jobs point to */
  TD_SECTION_NAMES = 14       /* NUL-terminated UTF-8 strings; *_name fields are offsets into it */
} td_section_kind;

typedef struct td_header {
  uint32_t magic; /* TD_MAGIC */
  uint16_t version_major;
  uint16_t version_minor;
  uint32_t total_bytes; /* of the whole image */
  uint32_t section_count;
  uint64_t platform_hash; /* FNV-1a 64 of the platform keys that the compiler used; 0 is never valid */
  uint32_t rom_bytes;     /* bytes of the image that the ROM holds: TD_SECTION_CELLS is last and starts here */
  uint32_t crc32;         /* zlib CRC-32 of header (this field 0) and section table */
} td_header;
TD_STATIC_ASSERT(sizeof(td_header) == 32, "td_header is part of a file format");

typedef struct td_section {
  uint32_t kind;   /* td_section_kind */
  uint32_t offset; /* from the start of the image, 16-byte aligned */
  uint32_t bytes;  /* = count * entry_bytes */
  uint32_t count;
  uint32_t entry_bytes;
  uint32_t crc32; /* zlib CRC-32 of the section */
} td_section;
TD_STATIC_ASSERT(sizeof(td_section) == 24, "td_section is part of a file format");

typedef struct td_model {
  uint32_t name;         /* offset into TD_SECTION_NAMES */
  uint32_t input_tensor; /* index into TD_SECTION_TENSORS */
  uint32_t output_tensor;
  uint32_t arena_base;   /* bus address of the SRAM arena */
  uint32_t arena_bytes;  /* high-water mark */
  uint32_t frame_bytes;  /* bytes of one input frame (= bytes of the input tensor) */
  uint32_t result_bytes; /* bytes of one result (= bytes of the output tensor) */
  uint32_t dram_bytes;   /* of external DRAM in use from TD_DRAM_BASE on; 0: none is needed */
} td_model;
TD_STATIC_ASSERT(sizeof(td_model) == 32, "td_model is part of a file format");

/** An activation tensor: int8, NHWC, in SRAM, DRAM or the input buffer of a tile. real = scale * (q - zero_point). */
typedef struct td_tensor {
  uint32_t name;
  uint32_t address;
  uint32_t bytes;
  uint16_t height, width, channels;
  uint16_t reserved;
  int32_t zero_point;
  float scale;
  uint32_t reserved2;
} td_tensor;
TD_STATIC_ASSERT(sizeof(td_tensor) == 32, "td_tensor is part of a file format");

/** What reports call one row: an operator of the network after fusion. Layers are in order of execution. */
typedef struct td_layer {
  uint32_t name;          /* node name in the network */
  uint32_t operator_name; /* such as "Conv+Relu" */
  uint64_t macs;          /* products only */
  uint32_t input_tensor, output_tensor;
  uint32_t first_command, command_count;
} td_layer;
TD_STATIC_ASSERT(sizeof(td_layer) == 32, "td_layer is part of a file format");

typedef struct td_tile {
  uint32_t tile;                 /* index: row * grid columns + column */
  uint32_t passes_per_inference; /* array passes that one inference begins on this tile */
} td_tile;
TD_STATIC_ASSERT(sizeof(td_tile) == 8, "td_tile is part of a file format");

/* td_region.coding: what its cells mean, for software that reads them. The tile knows its own coding. */
#define TD_CODING_CENTRED 0x1u /* products are those of q - pad_value, not of q + 128 */
#define TD_CODING_ROW_PAIRS                                                                  \
  0x2u /* an input takes two rows: its positive part drives the first, its negative part the \
          second, whose cells hold the weights with the other sign */

#define TD_CODING_SINGLE_COLUMNS 0x4u /* a weight is one column's level less that of the region's last column */

/** A rectangle of physical cells of one tile; its levels stand row-major in TD_SECTION_CELLS. */
typedef struct td_region {
  uint32_t tile;
  uint16_t row0, rows;       /* physical rows */
  uint16_t column0, columns; /* physical columns: pair p is columns 2p (positive) and 2p + 1 (negative), or column p */
  uint32_t cells_offset;     /* into TD_SECTION_CELLS */
  uint32_t layer;
  uint32_t coding; /* TD_CODING_* */
} td_region;
TD_STATIC_ASSERT(sizeof(td_region) == 24, "td_region is part of a file format");

typedef enum td_opcode {
  TD_OP_TILE = 1,        /* write address to the queue register of tile `unit` */
  TD_OP_VECTOR = 2,      /* write address to the queue register of the vector unit */
  TD_OP_DMA = 3,         /* write address to the queue register of DMA channel `unit` */
  TD_OP_CPU = 4,         /* execute the td_cpu_job at address */
  TD_OP_BARRIER = 5,     /* wait until every job submitted so far is done */
  TD_OP_LAYER_BEGIN = 6, /* marker: layer `layer` begins */
  TD_OP_LAYER_END = 7    /* marker: layer `layer` ends */
} td_opcode;

typedef struct td_command {
  uint8_t opcode; /* td_opcode */
  uint8_t reserved;
  uint16_t unit;
  uint32_t address; /* bus address of the descriptor */
  uint16_t layer;
  uint16_t reserved2;
  uint32_t tag; /* unique per job of an inference, 1.. ; 0 for commands that are no job */
} td_command;
TD_STATIC_ASSERT(sizeof(td_command) == 16, "td_command is part of a file format");

/** Bias and requantisation of one output channel: q = clamp(requantise(acc + bias) + zero point). See models/vector. */
typedef struct td_channel {
  int32_t bias;
  int32_t multiplier; /* Q31, gemmlowp's MultiplyByQuantizedMultiplier */
  int32_t shift;      /* positive: left */
} td_channel;
TD_STATIC_ASSERT(sizeof(td_channel) == 12, "td_channel is part of a file format");

/*
 * What one descriptor may ask for at most, padding included; a unit refuses more as a bad descriptor. A job is computed
 * at once, so this keeps a simulation responsive whatever software writes. The largest layers of VGG-16 have 1.85e9
 * MACs.
 */
#define TD_TILE_MOST_CELL_READS (UINT64_C(1) << 37)   /* products * rows * column pairs * passes of the array */
#define TD_TILE_MOST_WINDOWS (UINT64_C(1) << 30)      /* products * kernel_h * kernel_w */
#define TD_VECTOR_MOST_OPERATIONS (UINT64_C(1) << 33) /* outputs * kernel_h * kernel_w, convolutions * in_c */

/* td_tile_job.flags */
#define TD_TILE_ADD_PARTIAL 0x0001u   /* add int32 partial sums read from partial_src */
#define TD_TILE_STORE_PARTIAL 0x0002u /* store int32 partial sums to dst instead of requantised int8 */
#define TD_TILE_WINDOW_REUSE 0x0004u  /* keep the overlap of neighbouring windows in the input buffer */
#define TD_TILE_INTERRUPT 0x0008u     /* raise the tile's interrupt when the job is done */
#define TD_TILE_LANE_DRIVE 0x0100u    /* put the column currents on analog lanes; neither convert nor store */
#define TD_TILE_LANE_COLLECT 0x0200u  /* add what the members put on the lanes before converting */
#define TD_TILE_MULTICAST 0x0010u     /* input vectors are delivered to all jobs of multicast_group at once */

/**
 * One job of a tile: `product_count` products of one weight rectangle with the windows of one tensor.
 *
 * Product n (n = product_first ..) belongs to output pixel (n / out_w, n % out_w). Its input vector is the im2col row
 * of that pixel: element k of kernel_h * kernel_w * in_c, k = (ky * kernel_w + kx) * in_c + c, is tensor element
 * (oy * stride_h - pad_top + ky * dilation_h, ox * stride_w - pad_left + kx * dilation_w, c), or pad_value outside.
 * The job uses elements k_first .. k_first + rows - 1 on array rows row0 .. row0 + rows - 1. DAC code = q + 128. On a
 * tile with row pairs an element takes two rows: row0 .. row0 + 2 * rows - 1, of which code q - pad_value drives the
 * first where it is positive, pad_value - q the second. A tile of two phases drives the two one after the other.
 * Output channel j uses column pair pair0 + j * slices (and, with two slices, the next pair for the low nibble). On a
 * tile with single columns "pair" p is column p, and column pair0 + outputs * slices is the reference of the others.
 * Accumulator of channel j = sum over slices of code * 16^(slices-1-s), times (largest gain / gain), + partial sum.
 * Without STORE_PARTIAL, int8 q of channel j is stored at dst + n * dst_stride + j;
 * with it, the int32 accumulator (without bias) at dst + (n * outputs + j) * 4. partial_src has that layout, too.
 *
 * Jobs with the same lane_group other than 0 add product by product: lane_members jobs with LANE_DRIVE on tiles of one
 * grid column and one with LANE_COLLECT on another tile of that column, with the same products, outputs and slices. The
 * collecting job converts the sum; dst, partial_src and channels of a driving job are not used.
 * With MULTICAST, `multicast_members` jobs, each on a tile of its own and equal in src, geometry, rows and products,
 * have the same multicast_group: the load of each product waits until all have a free input buffer and moves once.
 * On every tile the jobs of groups must stand in one order, and nothing may wait for one member before all are queued.
 */
typedef struct td_tile_job {
  uint32_t tag; /* as in the command */
  uint16_t layer;
  uint16_t flags;
  uint32_t src; /* bus address of the NHWC int8 tensor */
  uint32_t dst;
  uint32_t partial_src;
  uint32_t channels; /* bus address of `outputs` td_channel; not read with STORE_PARTIAL */
  uint16_t in_h, in_w, in_c;
  uint16_t out_w; /* output pixels of one row */
  uint8_t kernel_h, kernel_w;
  uint8_t stride_h, stride_w;
  uint8_t dilation_h, dilation_w;
  int16_t pad_top, pad_left;
  uint16_t k_first;
  uint32_t product_first;
  uint32_t product_count;
  uint32_t dst_stride;
  uint16_t row0, rows;
  uint16_t pair0, outputs;
  uint8_t slices;     /* column pairs per output: 1 or 2 */
  uint8_t gain_index; /* index into the tile's list of programmable gains */
  int8_t pad_value;   /* zero point of the source tensor */
  int8_t out_zero_point;
  int8_t act_min, act_max;
  uint16_t multicast_group;   /* TD_TILE_MULTICAST: number, any */
  uint16_t multicast_members; /* TD_TILE_MULTICAST: jobs of the group, at least 2 */
  uint16_t reserved;
  uint32_t reserved2[4];
  uint16_t lane_group;   /* 0: none; unique among the groups that may be under way at a time */
  uint16_t lane_members; /* driving jobs of the group */
} td_tile_job;
TD_STATIC_ASSERT(sizeof(td_tile_job) == 96, "td_tile_job is part of a file format");

typedef enum td_vector_op {
  TD_VECTOR_MAX_POOL = 1,
  TD_VECTOR_AVERAGE_POOL = 2, /* TFLite rule: divisor counts elements inside; rounds half away from zero */
  TD_VECTOR_ADD = 3,          /* TFLite int8 ADD */
  TD_VECTOR_REQUANTISE = 4,   /* q_out = clamp(requantise(q_in - in_zero_point) + out_zero_point) */
  TD_VECTOR_DEPTHWISE = 5,    /* weights int8 [kernel_h][kernel_w][out_c], channels: td_channel[out_c] */
  TD_VECTOR_COPY = 6,
  TD_VECTOR_CONV = 7 /* grouped or dense convolution kept digital; weights int8 OHWI */
} td_vector_op;

/** One job of the vector unit. Padding of pools is skipped, of convolutions is in0_zero_point. Tensors are NHWC. */
typedef struct td_vector_job {
  uint32_t tag;
  uint16_t layer;
  uint8_t op;    /* td_vector_op */
  uint8_t flags; /* TD_TILE_INTERRUPT */
  uint32_t src0, src1, dst;
  uint32_t weights;  /* bus address */
  uint32_t channels; /* bus address of td_channel[out_c] */
  uint16_t in_h, in_w, in_c;
  uint16_t out_h, out_w, out_c;
  uint8_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int16_t pad_top, pad_left;
  int16_t reserved;
  int32_t in0_zero_point, in1_zero_point, out_zero_point;
  int32_t act_min, act_max;
  int32_t left_shift; /* ADD: 20 */
  int32_t multiplier0, shift0;
  int32_t multiplier1, shift1;
  int32_t out_multiplier, out_shift; /* ADD and REQUANTISE */
  uint32_t reserved2[3];
} td_vector_job;
TD_STATIC_ASSERT(sizeof(td_vector_job) == 112, "td_vector_job is part of a file format");

/** One DMA transfer: copies count[2] x count[1] x count[0] bytes; strides in bytes between runs of count[0] bytes. */
typedef struct td_dma_job {
  uint32_t tag;
  uint16_t layer;
  uint16_t flags; /* TD_TILE_INTERRUPT; TD_DMA_FIXED_* */
  uint32_t src, dst;
  uint32_t count[3];
  int32_t src_stride[2], dst_stride[2];
  uint32_t reserved;
} td_dma_job;
TD_STATIC_ASSERT(sizeof(td_dma_job) == 48, "td_dma_job is part of a file format");
#define TD_DMA_FIXED_SRC 0x0100u /* the source is a data port (FIFO): its address does not advance */
#define TD_DMA_FIXED_DST 0x0200u

typedef enum td_cpu_op {
  TD_CPU_SOFTMAX = 1 /* int8 softmax of TFLite Micro over the last dimension; output scale 1/256, zero point -128 */
} td_cpu_op;

typedef struct td_cpu_job {
  uint32_t tag;
  uint16_t layer;
  uint16_t op; /* td_cpu_op */
  uint32_t src, dst;
  uint32_t rows, columns;
  int32_t multiplier, shift, diff_min; /* of the exponent's input, as TFLite Micro prepares them */
  uint32_t reserved;
} td_cpu_job;
TD_STATIC_ASSERT(sizeof(td_cpu_job) == 40, "td_cpu_job is part of a file format");

#ifdef __cplusplus
}
#endif
#endif
