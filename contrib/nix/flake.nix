# SPDX-License-Identifier: GPL-2.0-or-later
# nix build ./contrib/nix           the program, in ./result/bin
# nix develop ./contrib/nix         a shell with all that scripts/quickstart and scripts/test need
# The names are those of nixpkgs (pkgs/by-name/mu/mustache-hpp and the like): looked up, not tried.
{
  description = "Host readiness diagnostic and guest verification for PCI passthrough with VFIO";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEach = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    in {
      packages = forEach (pkgs: {
        default = pkgs.stdenv.mkDerivation {
          pname = "vfio-doctor";
          version = "0.1.0";
          src = ../..;
          nativeBuildInputs = with pkgs; [ cmake ninja pkg-config ];
          buildInputs = with pkgs; [
            boost cli11 libarchive libseccomp mustache-hpp nettle nlohmann_json pciutils pugixml spdlog zlib zstd
            glibc.static  # the guest agent runs in any guest
          ];
          cmakeFlags = [ "-DVFIO_DOCTOR_TESTS=OFF" ];
        };
      });
      devShells = forEach (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.system}.default ];
          packages = with pkgs; [ gtest valijson libxml2 python3 strace kmod patch zstd zsh fish ccache ];
        };
      });
    };
}
