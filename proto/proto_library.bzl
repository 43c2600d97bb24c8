"""Runs Debian's protoc; Bazel's own proto rules would download theirs."""

def mxban_proto_library(name, srcs, grpc = False, deps = []):
    """Compiles .proto files into one cc_library.

    Args:
      name: of the cc_library.
      srcs: the .proto files, relative to this package.
      grpc: whether the files define services.
      deps: other mxban_proto_library targets whose files are imported; their
        .proto files are taken from the `protos` filegroup.
    """
    stems = [src[:-len(".proto")] for src in srcs]
    kinds = [".pb", ".grpc.pb"] if grpc else [".pb"]
    headers = [stem + kind + ".h" for stem in stems for kind in kinds]
    sources = [stem + kind + ".cc" for stem in stems for kind in kinds]
    grpc_flags = (
        "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin " +
        "--grpc_out=$(RULEDIR)"
    ) if grpc else ""

    native.genrule(
        name = name + "_protoc",
        srcs = srcs + [":protos"],
        outs = headers + sources,
        cmd = "/usr/bin/protoc -Iproto --cpp_out=$(RULEDIR) {} {}".format(
            grpc_flags,
            " ".join(["$(location %s)" % src for src in srcs]),
        ),
    )
    native.cc_library(
        name = name,
        srcs = sources,
        hdrs = headers,
        includes = ["."],
        visibility = ["//:mxban"],
        deps = deps + [
            "//third_party:grpc" if grpc else "//third_party:protobuf",
        ],
    )
