/*
 * p1/filetransfer.h - the file-transfer body part (FTBP): FileTransferParameters and FileTransferData of X.420 7.4.12.
 */
#ifndef MIXGATE_P1_FILETRANSFER_H
#define MIXGATE_P1_FILETRANSFER_H

#include "ber/rope.h"
#include "msg/msg.h"
#include "p1/content.h"

#define P1_OID_ET_FILE_TRANSFER "2.6.1.4.12"
#define P1_OID_EP_FILE_TRANSFER "2.6.1.11.12"

/* parameters: FileTransferParameters, past the gate; len 0: none.  data: SEQUENCE OF EXTERNAL. */
int p1_file_read(struct p1_reader *r, struct octets parameters, const struct ber_tlv *data, struct mx_body_part *out, struct err *e) MUST_USE;
/* *parameters: the SEQUENCE; data: the SEQUENCE OF EXTERNAL around the octets of the part. */
int p1_file_write(struct arena *a, const struct mx_body_part *in, struct octets *parameters, struct ber_rope *data, struct err *e) MUST_USE;

#endif
